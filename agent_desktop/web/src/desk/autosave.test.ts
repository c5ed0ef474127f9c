import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiError } from "../api/client";
import { Autosave, type Draft, merge, type Patch } from "./autosave";

const draft = (version: number, change: Partial<Draft["fields"]> = {}): Draft => ({
  ticket_no: "2026112100000001",
  status: "DRAFT",
  version,
  fields: {
    type: "FAULT",
    sub_type: "",
    urgency: "normal",
    contact_name: "",
    contact_phone: "",
    contact_addr: "",
    account_no: null,
    accept_content: "",
    handle_opinion: "",
    outage_id: null,
    form: {},
    ...change,
  },
  filled_by_machine: [],
  form_fields: [],
  deadlines: [],
  duplicates: [],
  dispositions: [],
  saved_at: "2026-11-21T02:00:00.000Z",
  editable: true,
});

const memory = () => {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
    size: () => kept.size,
  };
};

/** A server that keeps one draft and can be told to refuse. */
class Server {
  version = 1;
  fields = draft(1).fields;
  refuse: ApiError | null = null;
  readonly saves: { version: number; fields: Patch }[] = [];

  readonly save = async (_: string, body: { version: number; fields: Patch }): Promise<Draft> => {
    this.saves.push(body);
    await Promise.resolve();
    if (this.refuse) throw this.refuse;
    if (body.version !== this.version) throw new ApiError(409, "stale", "他人已保存", { newer: this.draft() });
    this.version += 1;
    const { form, ...rest } = body.fields;
    Object.assign(this.fields, rest, { form: { ...this.fields.form, ...form } });
    return this.draft();
  };

  draft(): Draft {
    return draft(this.version, structuredClone(this.fields));
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("autosave", () => {
  test("typing is sent once, after a pause, and shown at once", async () => {
    const server = new Server();
    const autosave = new Autosave(server.draft(), server.save, memory());
    autosave.edit({ contact_name: "王" });
    await pass(300);
    autosave.edit({ contact_name: "王建国" });
    expect(autosave.current()).toMatchObject({ at: "dirty", fields: { contact_name: "王建国" } });
    await pass(600);
    expect(server.saves).toEqual([{ version: 1, fields: { contact_name: "王建国" } }]);
    expect(autosave.current()).toMatchObject({ at: "saved", draft: { version: 2 } });
  });

  test("what is typed while a save is under way is kept and sent next", async () => {
    const server = new Server();
    const autosave = new Autosave(server.draft(), server.save, memory());
    autosave.edit({ form: { scope: "one" } });
    vi.advanceTimersByTime(600); // the first save is on its way
    autosave.edit({ form: { breaker: "off" } });
    expect(autosave.current().fields.form).toEqual({ scope: "one", breaker: "off" });
    await pass(600);
    expect(server.saves.map(({ version, fields }) => [version, fields.form])).toEqual([
      [1, { scope: "one" }],
      [2, { breaker: "off" }],
    ]);
    expect(autosave.current().at).toBe("saved");
  });

  test("a server that is away: the failure is visible and it tries again by itself", async () => {
    const server = new Server();
    server.refuse = new ApiError(503, "down", "数据库暂不可用");
    const autosave = new Autosave(server.draft(), server.save, memory());
    autosave.edit({ contact_addr: "幸福里" });
    await pass(600);
    expect(autosave.current()).toMatchObject({
      at: "failed",
      reason: "数据库暂不可用",
      fields: { contact_addr: "幸福里" },
    });
    server.refuse = null;
    await pass(1000);
    expect(autosave.current()).toMatchObject({ at: "saved", reason: null });
    expect(server.fields.contact_addr).toBe("幸福里");
  });

  test("a refused value is not sent again until it is changed", async () => {
    const server = new Server();
    server.refuse = new ApiError(422, "invalid", "号码不正确");
    const autosave = new Autosave(server.draft(), server.save, memory());
    autosave.edit({ contact_phone: "+" });
    await pass(60_000);
    expect(server.saves).toHaveLength(1);
    server.refuse = null;
    autosave.edit({ contact_phone: "13800000000" });
    await pass(600);
    expect(autosave.current().at).toBe("saved");
  });

  test("somebody else saved: their version is taken, the words typed here stay on top", async () => {
    const server = new Server();
    const autosave = new Autosave(server.draft(), server.save, memory());
    server.version = 5;
    server.fields.contact_addr = "由系统补充";
    autosave.edit({ contact_name: "王建国" });
    await pass(601);
    expect(server.saves.map(({ version }) => version)).toEqual([1, 5]);
    expect(autosave.current().fields).toMatchObject({ contact_name: "王建国", contact_addr: "由系统补充" });
    expect(autosave.current()).toMatchObject({ at: "saved", draft: { version: 6 } });
  });

  test("unsent words survive a reload, sent ones leave no trace", async () => {
    const server = new Server();
    const storage = memory();
    new Autosave(server.draft(), server.save, storage).edit({ accept_content: "家有老人" });
    const reloaded = new Autosave(server.draft(), server.save, storage);
    expect(reloaded.current().fields.accept_content).toBe("家有老人");
    await reloaded.flush();
    expect(storage.size()).toBe(0);
    expect(server.fields.accept_content).toBe("家有老人");
  });

  test("garbage in the storage is not a form", () => {
    const storage = memory();
    storage.setItem("draft:2026112100000001", "{half");
    expect(new Autosave(draft(1), new Server().save, storage).current().at).toBe("saved");
  });

  test("an older draft that arrives late is not taken", () => {
    const autosave = new Autosave(draft(4, { contact_name: "新" }), new Server().save, memory());
    autosave.take(draft(3, { contact_name: "旧" }));
    expect(autosave.current().fields.contact_name).toBe("新");
  });

  test("flush says whether the server has everything", async () => {
    const server = new Server();
    const autosave = new Autosave(server.draft(), server.save, memory());
    autosave.edit({ contact_name: "王" });
    expect(await autosave.flush()).toBe(true);
    server.refuse = new ApiError(0, "unreachable", "连接不上");
    autosave.edit({ contact_name: "李" });
    expect(await autosave.flush()).toBe(false);
  });
});

test("patches merge, the form key by key", () => {
  expect(merge({ contact_name: "a", form: { x: 1 } }, { form: { y: 2 } })).toEqual({
    contact_name: "a",
    form: { x: 1, y: 2 },
  });
});
