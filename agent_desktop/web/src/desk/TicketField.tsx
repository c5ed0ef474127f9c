import { Checkbox, DatePicker, Input, Select } from "antd";
import dayjs from "dayjs";
import type { ReactNode } from "react";
import type { Schemas } from "../api/client";

type FieldProps = {
  name: string;
  label: string;
  filled: boolean;
  missing: boolean;
  required?: boolean;
  wide?: boolean;
  children: ReactNode;
};

/** A label above its input; tinted where the machine filled it, red where the server still misses it. */
export function Field({ name, label, filled, missing, required = false, wide = false, children }: FieldProps) {
  const classes = ["field", wide && "wide", filled && "filled", missing && "missing"].filter(Boolean).join(" ");
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
    <label className={classes} data-field={name} title={filled ? "由系统根据来电预填，请核对" : undefined}>
      <span>
        {label}
        {required && <em> *</em>}
      </span>
      {children}
    </label>
  );
}

type Value = string | number | boolean | null;
type TypeFieldProps = {
  name: string;
  filled: boolean;
  missing: boolean;
  field: Schemas["FormField"];
  value: unknown;
  disabled: boolean;
  onChange: (value: Value) => void;
};

/** One input of the form of the ticket's type, as the server describes it. */
export function TypeField({ name, filled, missing, field, value, disabled, onChange }: TypeFieldProps) {
  const testId = `field-${name}`;
  if (field.kind === "flag") {
    return (
      <div className={`field flag ${filled ? "filled" : ""} ${missing ? "missing" : ""}`} data-field={name}>
        <Checkbox
          checked={value === true}
          disabled={disabled}
          onChange={({ target }) => onChange(target.checked)}
          data-testid={testId}
        >
          {field.label}
        </Checkbox>
      </div>
    );
  }
  return (
    <Field name={name} label={field.label} filled={filled} missing={missing} required={field.required}>
      {field.kind === "choice" && (
        <Select
          value={typeof value === "string" && value !== "" ? value : null}
          placeholder="请选择"
          allowClear
          disabled={disabled}
          options={field.options.map(({ code, label }) => ({ value: code, label }))}
          onChange={(chosen: string | null | undefined) => onChange(chosen ?? null)}
          data-testid={testId}
        />
      )}
      {field.kind === "time" && (
        <DatePicker
          value={typeof value === "string" && value !== "" ? dayjs(value) : null}
          showTime={{ format: "HH:mm" }}
          format="MM-DD HH:mm"
          disabled={disabled}
          onChange={(at) => onChange(at ? at.toISOString() : null)}
          data-testid={testId}
        />
      )}
      {field.kind === "text" && (
        <Input
          value={typeof value === "string" || typeof value === "number" ? String(value) : ""}
          maxLength={200}
          onChange={({ target }) => onChange(target.value)}
          data-testid={testId}
        />
      )}
    </Field>
  );
}
