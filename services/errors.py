"""Errors that reach a person: raised by services, shown by `agent_desktop` as `{error_id, message}` with `status_code`.

`message` is Chinese and says what the person can do; `error_id` is a stable slug for programs; `str(error)` is
English and meant for the log. A subclass names one situation.
"""


class ServiceError(Exception):
    """Something a person or a program asked for could not be done."""

    status_code: int = 500
    error_id: str = "internal-error"
    message: str = "系统内部错误，请稍后再试。"

    def __init__(self, detail: str = "", *, message: str | None = None) -> None:
        """Take an English `detail` for the log and, where the class's own text is too general, a Chinese `message`."""
        super().__init__(detail or self.error_id)
        if message is not None:
            self.message = message


class NotFoundError(ServiceError):
    status_code = 404
    error_id = "not-found"
    message = "没有找到该记录。"


class ConflictError(ServiceError):
    """The thing is in a state in which this cannot be done; a fresh look is needed."""

    status_code = 409
    error_id = "conflict"
    message = "当前状态下不能进行此操作，请刷新后再试。"


class InvalidInputError(ServiceError):
    status_code = 422
    error_id = "invalid-input"
    message = "填写的内容有误，请检查后重新提交。"


class UnavailableError(ServiceError):
    """A part that this needs does not answer; trying again later may help."""

    status_code = 503
    error_id = "unavailable"
    message = "服务暂时不可用，请稍后再试。"
