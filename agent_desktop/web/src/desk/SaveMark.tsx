import { useNow } from "../shared/clock";
import { ago } from "../shared/format";
import type { SaveState } from "./autosave";

export function SaveMark({ state }: { state: SaveState }) {
  const now = useNow();
  const { at, draft, reason, retrying } = state;
  if (!draft.editable) return <span className="tag tone-grey">只读</span>;
  return (
    <span
      className={`save-mark ${at}`}
      role="status"
      data-testid="save-mark"
      data-state={at}
      title={reason ?? undefined}
    >
      {at === "saved" && `已自动保存 ${ago(Date.parse(draft.saved_at), now)}`}
      {(at === "dirty" || at === "saving") && "正在保存…"}
      {at === "failed" && (retrying ? "保存失败 重试中" : `未保存：${reason}`)}
    </span>
  );
}
