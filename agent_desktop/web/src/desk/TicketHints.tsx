/** Deadlines before the ticket is sent, duplicates before it is created. */
import { useMutation } from "@tanstack/react-query";
import { App, Button } from "antd";
import { api, messageOf, ok, type Schemas } from "../api/client";
import { useNow } from "../shared/clock";
import { moment, shortTicket } from "../shared/format";

export function Deadlines({ deadlines }: { deadlines: Schemas["Deadline"][] }) {
  const now = useNow();
  if (deadlines.length === 0) return null;
  return (
    <div className="deadlines" data-testid="deadlines">
      {deadlines.map(({ key, label, due_at }) => (
        <span key={key}>
          {label} <b>{moment(due_at, now)} 前</b>
        </span>
      ))}
    </div>
  );
}

export function Duplicates({ duplicates }: { duplicates: Schemas["Duplicate"][] }) {
  if (duplicates.length === 0) return null;
  return (
    <div className="duplicates">
      {duplicates.map((duplicate) => (
        <DuplicateLine key={duplicate.ticket_no} duplicate={duplicate} />
      ))}
    </div>
  );
}

function DuplicateLine({ duplicate }: { duplicate: Schemas["Duplicate"] }) {
  const { message } = App.useApp();
  const { ticket_no, reason, score, summary } = duplicate;
  const urge = useMutation({
    mutationFn: () =>
      ok(
        api.POST("/api/v1/tickets/{ticket_no}/urge", {
          params: { path: { ticket_no } },
          body: { remark: "客户再次来电" },
        }),
      ),
    onError: (error) => void message.error(messageOf(error)),
  });
  return (
    <div className="duplicate" title={`${summary}：${reason}`} data-testid="duplicate">
      <span>
        可能重复：与 {shortTicket(ticket_no)} {reason}（{score.toFixed(2)}）
      </span>
      {urge.isSuccess ? (
        <span className="tag tone-good">已催办</span>
      ) : (
        <Button size="small" loading={urge.isPending} onClick={() => urge.mutate()} data-testid="urge">
          催办原单
        </Button>
      )}
    </div>
  );
}
