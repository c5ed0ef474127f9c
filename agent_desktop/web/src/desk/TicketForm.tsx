/** The ticket of this call: filled by the machine, corrected by the agent, saved by itself, ended by a disposition. */
import { useQuery } from "@tanstack/react-query";
import { App, Button, Cascader, Dropdown, Input, Select } from "antd";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { api, messageOf, ok, type Schemas } from "../api/client";
import { useShortcuts } from "../shared/keyboard";
import { Autosave, type Draft, type Patch } from "./autosave";
import { SaveMark } from "./SaveMark";
import { Field, TypeField } from "./TicketField";
import { Deadlines, Duplicates } from "./TicketHints";
import { urgencyLabels } from "./texts";

const saveDraft = (ticket_no: string, body: { version: number; fields: Patch }): Promise<Draft> =>
  ok(api.PUT("/api/v1/tickets/{ticket_no}/draft", { params: { path: { ticket_no } }, body }));

const urgencies = Object.entries(urgencyLabels).map(([value, { label, tone }]) => ({
  value: value as Schemas["Urgency"],
  label: <span className={`tag ${tone}`}>{label}</span>,
}));

export function useAutosave(draft: Draft): Autosave {
  const no = draft.ticket_no;
  // A ticket keeps its autosave while newer drafts of it arrive.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another ticket makes another autosave
  const autosave = useMemo(() => new Autosave(draft, saveDraft), [no]);
  useEffect(() => autosave.take(draft), [autosave, draft]);
  useEffect(() => () => autosave.close(), [autosave]);
  return autosave;
}

function finish(
  draft: Draft,
  { code, result }: Schemas["Disposition"],
  opinion: string,
): Promise<Schemas["TicketPage"]> {
  const request = {
    params: { path: { ticket_no: draft.ticket_no } },
    body: { disposition: code, opinion, version: draft.version },
  };
  return ok(
    result === "dispatch"
      ? api.POST("/api/v1/tickets/{ticket_no}/dispatch", request)
      : api.POST("/api/v1/tickets/{ticket_no}/close", request),
  );
}

export function TicketForm({
  autosave,
  onDone,
}: {
  autosave: Autosave;
  onDone: (page: Schemas["TicketPage"]) => void;
}) {
  const { message } = App.useApp();
  const state = useSyncExternalStore(autosave.subscribe, autosave.current);
  const [busy, setBusy] = useState(false);
  const [missing, setMissing] = useState<readonly string[]>([]);
  const catalogue = useQuery({
    queryKey: ["ticket-catalogue"],
    queryFn: () => ok(api.GET("/api/v1/ticket-catalogue")),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const { draft, fields } = state;
  const edit = (patch: Patch) => autosave.edit(patch);
  const tinted = (name: string) => draft.filled_by_machine.includes(name);
  const field = (name: string) => ({ name, filled: tinted(name), missing: missing.includes(name) });

  const end = async (chosen: string) => {
    if (busy) return;
    setBusy(true);
    try {
      if (!(await autosave.flush())) {
        void message.error("工单还没有保存成功，请稍后再提交");
        return;
      }
      // What is missing depends on what was just saved.
      const { draft: saved, fields: kept } = autosave.current();
      const disposition = saved.dispositions.find(({ code }) => code === chosen);
      if (!disposition) return;
      setMissing(disposition.missing);
      if (disposition.missing.length > 0) {
        void message.warning("请补全标红的内容后再提交");
        return;
      }
      onDone(await finish(saved, disposition, kept.handle_opinion));
    } catch (error) {
      void message.error(messageOf(error));
    } finally {
      setBusy(false);
    }
  };

  const dispatch = draft.dispositions.filter(({ result }) => result === "dispatch");
  const closing = draft.dispositions.filter(({ result }) => result === "close");
  const [first] = dispatch;
  const [closeOpen, setCloseOpen] = useState(false);
  const idle = draft.editable && !busy;
  useShortcuts({
    "Ctrl+Enter": first && idle ? () => void end(first.code) : undefined,
    "Ctrl+s": () => void autosave.flush(),
    "Alt+d": closing.length > 0 && idle ? () => setCloseOpen(true) : undefined,
  });
  const menu = (choices: Schemas["Disposition"][]) => ({
    items: choices.map(({ code, label }) => ({ key: code, label })),
    onClick: ({ key }: { key: string }) => void end(key),
  });

  return (
    <section
      className="card ticket-form"
      aria-label="本次来电工单"
      data-testid="ticket-form"
      data-ticket-no={draft.ticket_no}
    >
      <h2>
        <span>
          本次来电工单 <span className="muted ticket-no">{draft.ticket_no}</span>
        </span>
        <SaveMark state={state} />
      </h2>
      <fieldset disabled={!draft.editable} className="ticket-fields">
        <Field {...field("type")} label="业务类型" wide>
          <Cascader
            value={fields.sub_type ? [fields.type, fields.sub_type] : [fields.type]}
            allowClear={false}
            disabled={!draft.editable}
            showSearch
            options={(catalogue.data?.types ?? []).map(({ code, label, sub_types }) => ({
              value: code,
              label,
              children: sub_types.map((sub) => ({ value: sub.code, label: sub.label })),
            }))}
            onChange={([type, sub_type]) => {
              if (type) edit({ type: type as Schemas["TicketType"], sub_type: sub_type ?? "" });
            }}
            data-testid="field-type"
          />
        </Field>
        <Field {...field("urgency")} label="紧急程度">
          <Select
            value={fields.urgency}
            options={urgencies}
            disabled={!draft.editable}
            onChange={(urgency) => edit({ urgency })}
            data-testid="field-urgency"
          />
        </Field>
        <Field {...field("account_no")} label="户号">
          <Input
            value={fields.account_no ?? ""}
            maxLength={10}
            inputMode="numeric"
            onChange={({ target }) => edit({ account_no: target.value.replace(/\D/g, "") })}
            data-testid="field-account_no"
          />
        </Field>
        <Field {...field("contact_name")} label="联系人">
          <Input
            value={fields.contact_name}
            maxLength={40}
            onChange={({ target }) => edit({ contact_name: target.value })}
            data-testid="field-contact_name"
          />
        </Field>
        <Field {...field("contact_phone")} label="联系电话">
          <Input
            value={fields.contact_phone}
            maxLength={32}
            inputMode="tel"
            onChange={({ target }) => edit({ contact_phone: target.value.replace(/[^0-9*+\- ]/g, "") })}
            data-testid="field-contact_phone"
          />
        </Field>
        <Field {...field("contact_addr")} label={fields.type === "FAULT" ? "故障地址与参照物" : "联系地址"} wide>
          <Input
            value={fields.contact_addr}
            maxLength={200}
            onChange={({ target }) => edit({ contact_addr: target.value })}
            data-testid="field-contact_addr"
          />
        </Field>
        {draft.form_fields.map((each) => (
          <TypeField
            key={each.name}
            {...field(`form.${each.name}`)}
            field={each}
            value={fields.form[each.name]}
            disabled={!draft.editable}
            onChange={(value) => edit({ form: { [each.name]: value } })}
          />
        ))}
        <Field {...field("accept_content")} label="受理内容" wide>
          <Input.TextArea
            value={fields.accept_content}
            maxLength={4000}
            autoSize={{ minRows: 2, maxRows: 6 }}
            onChange={({ target }) => edit({ accept_content: target.value })}
            data-testid="field-accept_content"
          />
        </Field>
        <Field {...field("handle_opinion")} label="处理意见" wide>
          <Input.TextArea
            value={fields.handle_opinion}
            maxLength={4000}
            autoSize={{ minRows: 1, maxRows: 4 }}
            placeholder="一次办结时填写答复内容"
            onChange={({ target }) => edit({ handle_opinion: target.value })}
            data-testid="field-handle_opinion"
          />
        </Field>
      </fieldset>
      <footer>
        <Deadlines deadlines={draft.deadlines} />
        <Duplicates duplicates={draft.duplicates} />
        <div className="ticket-acts">
          {first && (
            <Button
              type="primary"
              className="grow"
              loading={busy}
              disabled={!draft.editable}
              onClick={() => void end(first.code)}
              data-testid="submit"
            >
              {dispatch.length > 1 ? first.label : "提交派单"} <kbd>Ctrl+Enter</kbd>
            </Button>
          )}
          {dispatch.length > 1 && (
            <Dropdown menu={menu(dispatch.slice(1))} trigger={["click"]} disabled={!idle}>
              <Button aria-label="其他派单方式">▾</Button>
            </Dropdown>
          )}
          <Dropdown
            open={closeOpen}
            onOpenChange={setCloseOpen}
            menu={menu(closing)}
            trigger={["click"]}
            disabled={!idle || closing.length === 0}
            placement="topRight"
          >
            <Button className={first ? "" : "grow"} data-testid="close-ticket">
              一次办结 <kbd>Alt+D</kbd>
            </Button>
          </Dropdown>
          <Button disabled={!draft.editable} onClick={() => void autosave.flush()} data-testid="save-draft">
            暂存
          </Button>
        </div>
      </footer>
    </section>
  );
}
