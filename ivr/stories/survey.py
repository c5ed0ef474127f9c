"""After an agent's call: 1 satisfied, 2 fair, 3 not satisfied (I-13). AGI script `survey`."""

from ivr.conversation import AgentWanted, Conversation, NothingHeard, WayUp
from services.calls import facts


async def survey(c: Conversation) -> None:
    """Silence, wrong keys and hanging up are no answer; nobody is sent to another agent from here."""
    c.step = "survey"
    try:
        pressed = await c.ask("survey.ask", keys="123", name="survey")
    except (AgentWanted, NothingHeard, WayUp):
        await c.say("survey.skipped")
        return
    c.record(facts.survey_answered, satisfaction=int(pressed))
    await c.say("survey.sorry" if pressed == "3" else "survey.thanks", interruptible=False)
