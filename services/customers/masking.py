"""How a phone number is shown until there is a reason to see it (SEC-20): `138****2048`, `0573****221`."""


def mask_phone(number: str) -> str:
    """Keep the head that tells the kind of number and the tail by which a person recognises it."""
    digits = number.strip()
    if not digits:
        return ""
    if len(digits) < 7:
        return digits[0] + "*" * (len(digits) - 1)
    head, tail = (4, 3) if digits.startswith("0") else (3, 4)
    return f"{digits[:head]}****{digits[-tail:]}"
