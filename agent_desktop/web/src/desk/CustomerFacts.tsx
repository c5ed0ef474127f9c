import { EyeOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { App, Button, Dropdown, Select } from "antd";
import { api, messageOf, ok, type Schemas } from "../api/client";
import { accountNo, maskedNumber, yuan } from "../shared/format";
import { customerKinds, verifications, verifiedLabels } from "./texts";
import type { DeskActions } from "./useActions";

type Props = {
  pop: Schemas["Pop"];
  customer: Schemas["CustomerView"];
  account: Schemas["AccountView"] | undefined;
  actions: DeskActions;
  onSearch: () => void;
};

export function CustomerFacts({ pop, customer, account, actions, onSearch }: Props) {
  const money = account && (
    <span className={account.balance_fen < 0 || account.cut_off_for_arrears ? "bad" : ""}>
      {account.balance_fen < 0 ? `欠费 ${yuan(-account.balance_fen)} 元` : `余额 ${yuan(account.balance_fen)} 元`}
      {account.cut_off_for_arrears && " 已欠费停电"}
    </span>
  );
  return (
    <div className="facts">
      <i>户名</i>
      <span className="fact-acts">
        {customer.name} <span className="muted">{customerKinds[customer.kind] ?? customer.kind}</span>
        <Button size="small" type="text" onClick={onSearch}>
          更换 <kbd>/</kbd>
        </Button>
      </span>
      <i>户号</i>
      {pop.accounts.length > 1 ? (
        <Select
          size="small"
          variant="filled"
          value={account?.account_no ?? null}
          options={pop.accounts.map((each) => ({
            value: each.account_no,
            label: accountNo(each.account_no),
            title: each.address,
          }))}
          optionRender={({ data }) => (
            <>
              {data.label} <span className="muted small">{data.title}</span>
            </>
          )}
          popupMatchSelectWidth={false}
          onChange={(account_no) => account_no && actions.identify({ account_no })}
        />
      ) : (
        <span>{account ? accountNo(account.account_no) : "—"}</span>
      )}
      <i>地址</i>
      <span className="wide" title={account?.landmark}>
        {account?.address ?? "—"} <span className="muted">{account?.landmark}</span>
      </span>
      <i>台区 / 线路</i>
      <span>{account ? `${account.transformer} / ${account.feeder}` : "—"}</span>
      <i>区域</i>
      <span>
        {account?.area_label ?? "—"}
        {account?.arrival_limit_min && ` 到达时限 ${account.arrival_limit_min} 分钟`}
      </span>
      <i>用电类别</i>
      <span>{account?.tariff_label ?? "—"}</span>
      <i>电表</i>
      <span title={account?.meter_no}>{account?.meter_label ?? "—"}</span>
      <i>电费</i>
      <span>{money ?? "—"}</span>
      <i>身份核验</i>
      <Verified level={pop.call.verified_level} actions={actions} />
      <i>预留手机</i>
      <RevealedPhone key={customer.customer_id} customer={customer} />
      {customer.remark && (
        <>
          <i>备注</i>
          <span title={customer.remark}>{customer.remark}</span>
        </>
      )}
    </div>
  );
}

/** Masked until somebody has a reason to see it; the look is recorded by the server. */
function RevealedPhone({ customer }: { customer: Schemas["CustomerView"] }) {
  const { message } = App.useApp();
  const reveal = useMutation({
    mutationFn: () =>
      ok(api.GET("/api/v1/customers/{customer_id}/phone", { params: { path: { customer_id: customer.customer_id } } })),
    onError: (error) => void message.error(messageOf(error)),
  });
  return (
    <span className="fact-acts">
      {reveal.data?.number ?? maskedNumber(customer.masked_phone)}
      {!reveal.data && (
        <Button
          size="small"
          type="text"
          icon={<EyeOutlined />}
          loading={reveal.isPending}
          onClick={() => reveal.mutate()}
          aria-label="查看完整号码，将留下记录"
          title="查看完整号码，将留下记录"
        />
      )}
    </span>
  );
}

function Verified({ level, actions }: { level: number; actions: DeskActions }) {
  const items = verifications.map(({ label, allows, by }) => ({ key: by, label: `${label}（${allows}）` }));
  return (
    <Dropdown
      trigger={["click"]}
      menu={{
        items,
        onClick: ({ key }) => {
          const chosen = verifications.find(({ by }) => by === key);
          if (chosen) actions.verify({ level: chosen.level, by: chosen.by });
        },
      }}
    >
      <button
        type="button"
        className={`tag tag-button ${level > 0 ? "tone-good" : "tone-warning"}`}
        data-testid="verified"
      >
        {verifiedLabels[level] ?? verifiedLabels[0]} ▾
      </button>
    </Dropdown>
  );
}
