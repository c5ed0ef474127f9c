import { useQuery } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useState } from "react";
import { api, messageOf, ok, type Schemas } from "../api/client";
import { accountNo } from "../shared/format";

const MIN_LENGTH = 2;

type Props = { known: boolean; onChoose: (customer: Schemas["CustomerRow"]) => void; onClose: () => void };

export function CustomerSearch({ known, onChoose, onClose }: Props) {
  const [words, setWords] = useState("");
  const q = words.trim();
  const found = useQuery({
    queryKey: ["customers", q],
    queryFn: () => ok(api.GET("/api/v1/customers", { params: { query: { q } } })),
    enabled: q.length >= MIN_LENGTH,
    retry: false,
  });
  return (
    <div className="customer-search">
      <div className="fact-acts">
        <Input.Search
          autoFocus={known}
          placeholder="户号、户名、手机号或地址"
          allowClear
          onSearch={setWords}
          onKeyDown={(event) => event.key === "Escape" && onClose()}
          loading={found.isFetching}
          data-testid="customer-search"
        />
        {known && <Button onClick={onClose}>取消</Button>}
      </div>
      <ul>
        {found.data?.items.map((row) => (
          <li key={`${row.customer_id}-${row.account_no}`}>
            <button type="button" onClick={() => onChoose(row)}>
              <b>{row.name}</b> {row.account_no && accountNo(row.account_no)}{" "}
              <span className="muted">{row.address}</span>
            </button>
          </li>
        ))}
      </ul>
      {found.isError && <div className="bad">{messageOf(found.error)}</div>}
      {found.data?.items.length === 0 && <div className="muted">没有找到，请核对后再试</div>}
      {!known && q.length < MIN_LENGTH && <div className="muted">来电号码没有对应的客户，请询问户号或户名后查找</div>}
    </div>
  );
}
