/** What to say first, what to ask, and how the call got here. */
import { useLayoutEffect, useRef } from "react";
import type { Schemas } from "../api/client";
import { clockTime, duration } from "../shared/format";

export function Greeting({ pop }: { pop: Schemas["Pop"] }) {
  const { greeting, call } = pop;
  return (
    <section className="card" aria-label="应答话术">
      <h2>应答话术 {call.intent_label && <span className="tag tone-grey">{call.intent_label}</span>}</h2>
      {greeting.apologise && <span className="tag tone-warning">等候较久，请先致歉</span>}
      <div className="greeting" data-testid="greeting">
        {greeting.text}
      </div>
      {greeting.ask.length > 0 && <div className="muted small">询问：{greeting.ask.join(" → ")}</div>}
    </section>
  );
}

export function CallPath({ pop }: { pop: Schemas["Pop"] }) {
  const { call, path } = pop;
  const menuMs = call.queued_at ? Date.parse(call.queued_at) - Date.parse(call.started_at) : null;
  const list = useRef<HTMLOListElement>(null);
  // The last steps are what the caller wants now.
  useLayoutEffect(() => {
    if (path.length > 0 && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [path.length]);
  return (
    <section className="card call-path" aria-label="来电经过">
      <h2>来电经过 {menuMs !== null && <span className="muted small">语音导航 {duration(menuMs)}</span>}</h2>
      <ol ref={list} data-testid="call-path">
        {path.map((step, index) => (
          // Steps are only ever added at the end.
          // biome-ignore lint/suspicious/noArrayIndexKey: the position is the identity of a step
          <li key={index} className={step.kind}>
            <time>{clockTime(step.at)}</time> {step.text}
            {step.tag && <span className={`tag tone-${step.tone}`}>{step.tag}</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}
