import { beforeEach, describe, expect, test } from "vitest";
import { combination, releaseFocus, shortcutOf } from "./keyboard";

const NAMES = ["F1", "m", "Enter", "Escape", "Ctrl+Enter", "Alt+1", "/", "?"];

function press(key: string, on: Element = document.body, more: KeyboardEventInit = {}): string | null {
  let found: string | null = null;
  const listener = (event: Event) => {
    if (event instanceof KeyboardEvent) found = shortcutOf(event, NAMES);
  };
  window.addEventListener("keydown", listener, { once: true });
  on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more }));
  return found;
}

const element = (html: string): Element => {
  document.body.innerHTML = html;
  const made = document.body.querySelector("[data-it]");
  if (!made) throw new Error("nothing marked");
  return made;
};

beforeEach(() => {
  document.body.innerHTML = "";
});

describe("outside of inputs", () => {
  test.each(["F1", "m", "Enter", "Escape", "/", "?"])("%s works", (key) => expect(press(key)).toBe(key));
  test("a capital is the same key", () => expect(press("M", document.body, { shiftKey: true })).toBe("m"));
  test("an unknown key is nobody's", () => expect(press("x")).toBeNull());
  test("a held key acts once", () => expect(press("m", document.body, { repeat: true })).toBeNull());
});

describe("while typing", () => {
  const inputs = [
    "<input data-it>",
    "<textarea data-it></textarea>",
    '<div contenteditable="true"><b data-it></b></div>',
  ];
  test.each(inputs)("%s keeps letters, Enter and Escape", (html) => {
    const input = element(html);
    expect(["m", "/", "?", "Enter", "Escape"].map((key) => press(key, input))).toEqual([null, null, null, null, null]);
  });
  test.each(inputs)("%s lets function keys and combinations through", (html) => {
    const input = element(html);
    expect(press("F1", input)).toBe("F1");
    expect(press("Enter", input, { ctrlKey: true })).toBe("Ctrl+Enter");
    expect(press("1", input, { altKey: true, code: "Digit1" })).toBe("Alt+1");
    expect(press("µ", input, { altKey: true, code: "KeyM" })).toBe("m");
  });
  test("an input method that composes keeps its keys", () => {
    expect(press("Enter", element("<input data-it>"), { ctrlKey: true, isComposing: true })).toBeNull();
  });
});

test("Alt does not turn a digit into a bare one", () => {
  expect(shortcutOf(new KeyboardEvent("keydown", { key: "1", code: "Digit1", altKey: true }), ["1"])).toBeNull();
});

test("Enter on a button is the button's", () =>
  expect(press("Enter", element("<button data-it></button>"))).toBeNull());
test("a letter on a button is a shortcut", () => expect(press("m", element("<button data-it></button>"))).toBe("m"));
test("a checkbox is not typing", () => expect(press("m", element('<input type="checkbox" data-it>'))).toBe("m"));

test("combinations have one spelling", () => {
  expect(combination(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true }))).toBe("Ctrl+Enter");
  expect(combination(new KeyboardEvent("keydown", { key: "s", metaKey: true }))).toBe("Ctrl+s");
});

test("a ringing call takes the focus from a button, never from a text", () => {
  const button = element("<button data-it></button>");
  if (button instanceof HTMLElement) button.focus();
  releaseFocus();
  expect(document.activeElement).toBe(document.body);
  const input = element("<input data-it>");
  if (input instanceof HTMLElement) input.focus();
  releaseFocus();
  expect(document.activeElement).toBe(input);
});
