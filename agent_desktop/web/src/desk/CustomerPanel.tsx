/** Who it is and what is known. The first tab holds everything that a call needs; the others show more of one thing. */
import { Tabs } from "antd";
import { useState } from "react";
import type { Schemas } from "../api/client";
import { BillTable } from "./BillTable";
import { CustomerFacts } from "./CustomerFacts";
import { CustomerSearch } from "./CustomerSearch";
import { OutageFacts } from "./OutageFacts";
import { RecentTable } from "./RecentTable";
import { TicketTable } from "./TicketTable";
import type { DeskActions } from "./useActions";

type Props = { pop: Schemas["Pop"]; actions: DeskActions; searching: [boolean, (open: boolean) => void] };

export function CustomerPanel({ pop, actions, searching: [searching, setSearching] }: Props) {
  const [tab, setTab] = useState("customer");
  const account = pop.accounts.find((each) => each.selected) ?? pop.accounts[0];
  const bills = account?.bills ?? [];
  const counted = (label: string, size: number) => (size > 0 ? `${label} ${size}` : label);
  const items = [
    { key: "customer", label: "客户" },
    { key: "tickets", label: counted("工单", pop.tickets.length) },
    { key: "outage", label: counted("停电", pop.outage ? 1 : 0) },
    { key: "bills", label: "账单" },
    { key: "recent", label: counted("联系记录", pop.recent.length) },
  ];
  const search = searching || !pop.customer;
  return (
    <>
      <section className="card customer-card" aria-label="客户资料">
        <Tabs activeKey={tab} onChange={setTab} items={items} size="small" />
        {tab === "customer" && (
          <>
            {search && (
              <CustomerSearch
                known={pop.customer !== null}
                onClose={() => setSearching(false)}
                onChoose={(customer) => {
                  setSearching(false);
                  actions.identify({
                    customer_id: customer.customer_id,
                    ...(customer.account_no ? { account_no: customer.account_no } : {}),
                  });
                }}
              />
            )}
            {pop.customer && !search && (
              <CustomerFacts
                pop={pop}
                customer={pop.customer}
                account={account}
                actions={actions}
                onSearch={() => setSearching(true)}
              />
            )}
          </>
        )}
        {tab === "outage" && <OutageFacts outage={pop.outage} />}
        {tab === "bills" && <BillTable bills={bills} />}
        {tab === "tickets" && <TicketTable rows={pop.tickets} />}
        {tab === "recent" && <RecentTable rows={pop.recent} />}
      </section>
      {tab === "customer" && (
        <>
          <section className="card" aria-label="未结工单">
            <h2>未结工单</h2>
            <TicketTable rows={pop.tickets} />
          </section>
          <section className="card grow" aria-label="最近联系">
            <h2>最近联系</h2>
            <RecentTable rows={pop.recent} />
          </section>
        </>
      )}
    </>
  );
}
