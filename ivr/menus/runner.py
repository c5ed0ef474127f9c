"""Plays a menu tree until the caller has reached a leaf. Keys and counts of everywhere are `conversation.ask`'s."""

from typing import TypeAlias

from ivr.conversation import AgentWanted, Conversation, NothingHeard, WayUp
from ivr.menus.schema import Choice, Destination, Menu, MenuTree, Say, ToMenu, ToMessage, ToQueue, ToStory
from services.calls import facts
from services.tickets.model import Urgency

Leaf: TypeAlias = ToStory | ToQueue | ToMessage | None


async def choose(conversation: Conversation, tree: MenuTree) -> Leaf:
    """From the root to a leaf; its sentences have been spoken, its subject is the conversation's. None = answered.

    Raises:
        AgentWanted: with the subject of the menu where the caller asked.
        NothingHeard: silence in the root menu of a caller who has pressed nothing at all (R3-47).
    """
    path = [tree.root]
    while True:
        try:
            choice = await _play(conversation, path[-1], tree.menus[path[-1]])
        except WayUp:
            path = path[:-1] or [tree.root]
            continue
        destination = await _speak(conversation, choice.to)
        if not isinstance(destination, ToMenu):
            return destination
        path.append(destination.menu)


async def _play(conversation: Conversation, name: str, menu: Menu) -> Choice:
    conversation.step = f"menu:{name}"
    conversation.record(facts.menu_entered, menu=name)
    again = name in conversation.heard_menus
    conversation.heard_menus.add(name)
    if not again:
        await conversation.say(*menu.greeting)
    try:
        pressed = await conversation.ask(
            *(menu.short if again and menu.short else menu.prompts),
            keys="".join(menu.choices), name=name, again=menu.prompts,
            no_input=None if conversation.pressed_anything else "global.silent",
        )
    except NothingHeard as silence:
        if not conversation.pressed_anything:
            raise
        raise AgentWanted("no_input", menu.agent) from silence
    except AgentWanted as wanted:
        raise AgentWanted(wanted.reason, menu.agent) from wanted
    choice = menu.choices[pressed]
    conversation.record(facts.key_pressed, menu=name, digits=pressed, choice=choice.label)
    if choice.subject is not None:
        conversation.subject, conversation.label = choice.subject, choice.label
        conversation.record(
            facts.intent_chosen,
            intent=choice.subject.intent, label=choice.label, ticket_type=choice.subject.ticket_type,
            ticket_sub_type=choice.subject.sub_type, queue=choice.subject.queue,
        )
    return choice


async def _speak(conversation: Conversation, destination: Destination) -> ToMenu | Leaf:
    """Say the sentences on the way. Those about a danger cannot be cut short."""
    while isinstance(destination, Say):
        urgent = conversation.subject.urgency is Urgency.URGENT
        conversation.given("info", *destination.prompts)
        await conversation.say(*destination.prompts, interruptible=not urgent)
        if destination.then == "end":
            return None
        destination = destination.then
    return destination
