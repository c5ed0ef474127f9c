/** One clock for the whole page, set by the server: timers of two screens never disagree, whatever the workstation says. */
import { useSyncExternalStore } from "react";

let offsetMs = 0;
let tick = Date.now();
const listeners = new Set<() => void>();
let timer: number | undefined;

export function setServerTime(iso: string): void {
  const at = Date.parse(iso);
  if (Number.isFinite(at)) offsetMs = at - Date.now();
}

/** Epoch milliseconds by the server's clock. */
export function serverNow(): number {
  return Date.now() + offsetMs;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= window.setInterval(() => {
    tick = serverNow();
    for (const each of listeners) each();
  }, 500);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      window.clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The server's time in epoch milliseconds, twice a second. */
export function useNow(): number {
  return Math.max(
    useSyncExternalStore(subscribe, () => tick),
    0,
  );
}
