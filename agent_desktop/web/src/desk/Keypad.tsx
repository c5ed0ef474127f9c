import { Button } from "antd";
import { useState } from "react";
import { useShortcuts } from "../shared/keyboard";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"] as const;

/** Sends keys into the call; the keyboard's digits work while it is open. */
export function Keypad({ onPress }: { onPress: (tone: string) => void }) {
  const [sent, setSent] = useState("");
  const press = (tone: string) => {
    setSent((before) => (before + tone).slice(-16));
    onPress(tone);
  };
  useShortcuts(Object.fromEntries(KEYS.map((key) => [key, () => press(key)])));
  return (
    <div className="keypad">
      <output>{sent || "按键会发送给对方"}</output>
      {KEYS.map((key) => (
        <Button key={key} onClick={() => press(key)} data-testid={`key-${key}`}>
          {key}
        </Button>
      ))}
    </div>
  );
}
