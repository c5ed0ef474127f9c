import { Table } from "antd";
import dayjs from "dayjs";
import type { Schemas } from "../api/client";
import { yuan } from "../shared/format";

type Bill = Schemas["BillView"];

export function BillTable({ bills }: { bills: Bill[] }) {
  return (
    <Table<Bill>
      size="small"
      pagination={false}
      rowKey="month"
      dataSource={bills}
      locale={{ emptyText: "没有账单，或尚未核验身份" }}
      columns={[
        { title: "月份", render: (_, bill) => dayjs(bill.month).format("YYYY 年 M 月") },
        { title: "电量（千瓦时）", dataIndex: "energy_kwh", align: "right" },
        { title: "电费（元）", align: "right", render: (_, bill) => yuan(bill.amount_fen) },
        { title: "缴费期限", align: "right", render: (_, bill) => dayjs(bill.due_on).format("MM-DD") },
        {
          title: "缴费",
          align: "right",
          render: (_, bill) =>
            bill.paid_on ? dayjs(bill.paid_on).format("MM-DD") : <span className="tag tone-warning">未缴</span>,
        },
      ]}
    />
  );
}
