import { Table } from "antd";
import type { Schemas } from "../api/client";
import { useNow } from "../shared/clock";
import { remaining } from "../shared/format";
import { urgencyLabels } from "./texts";

type Row = Schemas["TicketRow"];

export function TicketTable({ rows }: { rows: Row[] }) {
  return (
    <Table<Row>
      size="small"
      pagination={false}
      rowKey="ticket_no"
      dataSource={rows}
      locale={{ emptyText: "没有未结工单" }}
      columns={[
        { title: "编号", dataIndex: "ticket_no", width: 150 },
        {
          title: "类型",
          render: (_, row) => [row.type_label, row.sub_type_label].filter(Boolean).join(" · "),
          ellipsis: true,
        },
        {
          title: "状态",
          width: 110,
          render: (_, row) => (
            <>
              <span className="tag tone-info">{row.status_label}</span>
              {row.urgency !== "normal" && (
                <span className={`tag ${urgencyLabels[row.urgency].tone}`}>{urgencyLabels[row.urgency].label}</span>
              )}
            </>
          ),
        },
        { title: "责任单位", dataIndex: "owner", width: 100, ellipsis: true },
        { title: "剩余", width: 104, render: (_, row) => row.due && <Due due={row.due} /> },
      ]}
    />
  );
}

/** Time left until the next limit, coloured by the server's own warning time. */
export function Due({ due }: { due: Schemas["Deadline"] }) {
  const now = useNow();
  const passed = Date.parse(due.due_at) <= now;
  const near = due.warn_at !== null && Date.parse(due.warn_at) <= now;
  return (
    <span className={`tag tone-${passed ? "danger" : near ? "warning" : "good"}`} title={`${due.label}时限`}>
      {due.label} {remaining(due.due_at, now)}
    </span>
  );
}
