import { Table } from "antd";
import type { Schemas } from "../api/client";
import { dayTime } from "../shared/format";

type Row = Schemas["RecentContact"];

export function RecentTable({ rows }: { rows: Row[] }) {
  return (
    <Table<Row>
      size="small"
      pagination={false}
      rowKey={({ at, matter }) => at + matter}
      dataSource={rows}
      locale={{ emptyText: "没有联系记录" }}
      columns={[
        { title: "时间", width: 104, render: (_, row) => dayTime(row.at) },
        { title: "渠道", dataIndex: "channel", width: 84 },
        { title: "诉求", dataIndex: "matter", ellipsis: true },
        { title: "处理", dataIndex: "result", ellipsis: true },
        { title: "满意度", dataIndex: "satisfaction", width: 80 },
      ]}
    />
  );
}
