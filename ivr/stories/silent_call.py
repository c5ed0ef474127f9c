"""Nobody presses and nobody speaks (R3-47): announce, listen, apologise, end. A sound is a person: an agent.

The menu has said twice that the line is open. A caller who has no keys makes some sound and reaches an agent (I-04);
only real silence ends the call, and a key until the last second goes back to the menu.
"""

from ivr.conversation import AgentWanted, Conversation


async def silent_call(c: Conversation) -> bool:
    """True when the caller pressed a key after all.

    Raises:
        AgentWanted: something was heard.
    """
    c.step = "silent_call"
    await c.say("global.silent.again")
    if c.session.typed:
        return True
    await c.session.execute(
        "WaitForNoise", str(c.rules.noise_ms), "1", str(c.rules.silent_listen_s),
        timeout_s=c.rules.silent_listen_s + c.rules.key_timeout_s,
    )
    if await c.session.get_variable("WAITSTATUS") == "NOISE":
        await c.say("global.to_agent")
        raise AgentWanted("no_input")
    await c.say("global.silent.goodbye")
    pressed = await c.key(timeout_s=1.0)
    if pressed is None:
        c.given("silent_call", "global.silent.goodbye")
    return pressed is not None
