/** Marks the moment when a pop is on the glass: `performance` entry `pop-painted` with the call's id (bench/pop reads it). */
import { useLayoutEffect, useRef } from "react";

export function PopMark({ callId }: { callId: string | null }) {
  const element = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    if (callId === null) return;
    // The frame callback runs before paint; a message posted from it runs after.
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      performance.mark("pop-painted", { detail: { call_id: callId } });
      if (!element.current) return;
      element.current.dataset.callId = callId;
      element.current.dataset.at = String(performance.timeOrigin + performance.now());
    };
    const frame = requestAnimationFrame(() => channel.port2.postMessage(null));
    return () => {
      cancelAnimationFrame(frame);
      channel.port1.close();
    };
  }, [callId]);
  return <span ref={element} hidden data-testid="pop-painted" />;
}
