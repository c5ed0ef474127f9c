/**
 * Keys of the screens. A key without a modifier never takes a letter from somebody who types: it works there with Alt
 * (`m` and `Alt+m` are one shortcut). Function keys and combinations work everywhere.
 */
import { useEffect, useRef } from "react";

export type Shortcuts = Readonly<Record<string, (() => void) | undefined>>;

const TYPING =
  "input:not([type=checkbox]):not([type=radio]):not([type=button]), textarea, select, [contenteditable=true]";
/** Elements that have their own meaning for Enter, Escape and Space. */
const ACTIVE = `${TYPING}, button, a[href], [role=tab], [role=option], [role=menuitem], [role=dialog]`;

const within = (target: EventTarget | null, selector: string): boolean =>
  target instanceof Element && target.closest(selector) !== null;

/** The name of the pressed combination: `F1`, `Ctrl+Enter`, `Alt+1`, `m`. */
export function combination(event: KeyboardEvent): string {
  const parts = [event.ctrlKey || event.metaKey ? "Ctrl" : "", event.altKey ? "Alt" : ""].filter(Boolean);
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
  const letter = /^Key([A-Z])$/.exec(event.code);
  // With Alt some layouts put another character into `key`; the code is what the finger pressed.
  const key = event.altKey ? (digit?.[1] ?? letter?.[1]?.toLowerCase() ?? event.key) : event.key;
  return [...parts, key.length === 1 ? key.toLowerCase() : key].join("+");
}

/** Which shortcut an event means, or null. */
export function shortcutOf(event: KeyboardEvent, names: readonly string[]): string | null {
  if (event.isComposing || event.repeat || event.defaultPrevented) return null;
  const pressed = combination(event);
  if (pressed.length === 1 || pressed === "Enter" || pressed === "Escape") {
    const busy = within(event.target, pressed.length === 1 ? TYPING : ACTIVE);
    return !busy && names.includes(pressed) ? pressed : null;
  }
  if (names.includes(pressed)) return pressed;
  const withoutAlt = pressed.replace(/^Alt\+/, "");
  return /^[a-z]$/.test(withoutAlt) && names.includes(withoutAlt) ? withoutAlt : null;
}

export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const names = Object.entries(latest.current).flatMap(([name, action]) => (action ? [name] : []));
      const name = shortcutOf(event, names);
      if (name === null) return;
      event.preventDefault();
      event.stopPropagation();
      latest.current[name]?.();
    };
    // Before the inputs see it: a list that has the focus would open on Ctrl+Enter.
    window.addEventListener("keydown", pressed, { capture: true });
    return () => window.removeEventListener("keydown", pressed, { capture: true });
  }, []);
}

/** So that Enter answers the call and does not press the button that was clicked last. */
export function releaseFocus(): void {
  const { activeElement } = document;
  if (activeElement instanceof HTMLElement && !activeElement.matches(TYPING)) activeElement.blur();
}
