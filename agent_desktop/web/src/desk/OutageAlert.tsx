/** A running outage at the address: the first thing to tell, with the act that ends most of these calls. */
import { Button } from "antd";
import type { Schemas } from "../api/client";
import { useNow } from "../shared/clock";
import { moment } from "../shared/format";

type Props = {
  outage: Schemas["OutageShape"];
  /** The ticket is already linked to this outage. */
  linked: boolean;
  dismissed: boolean;
  editable: boolean;
  onTell: () => void;
  onReport: () => void;
};

export function OutageAlert({ outage, linked, dismissed, editable, onTell, onReport }: Props) {
  const now = useNow();
  const running = outage.status === "in_force";
  const facts = [
    `${moment(outage.start_at, now)} 起`,
    outage.expected_end_at ? `预计 ${moment(outage.expected_end_at, now)} 恢复` : "恢复时间待定",
    `影响 ${outage.affected_households} 户`,
    outage.crew_status,
    outage.reports > 0 && `已有 ${outage.reports} 户报修`,
  ].filter(Boolean);
  return (
    <section className={`outage-alert ${running ? "running" : "coming"}`} role="alert" data-testid="outage-alert">
      <div>
        <strong>
          {running ? "该地址正在停电" : "该地址将停电"}：{outage.area} {outage.cause || outage.kind_label}
        </strong>
        <div>{facts.join(" · ")}</div>
      </div>
      <div className="outage-acts">
        {linked ? (
          <span className="tag tone-good">已告知并关联</span>
        ) : dismissed ? (
          <span className="tag tone-grey">单独报修</span>
        ) : (
          <>
            <Button type="primary" onClick={onTell} disabled={!editable} data-testid="link-outage">
              告知并关联 <kbd>Alt+1</kbd>
            </Button>
            <Button onClick={onReport} disabled={!editable} data-testid="report-anyway">
              仍要报修 <kbd>Alt+2</kbd>
            </Button>
          </>
        )}
      </div>
    </section>
  );
}
