/**
 * Autosave of the ticket form. What was typed waits here until the server has it.
 *
 *   saved ──edit──► dirty ──0.6 s──► saving ──► saved (or dirty again, if typed meanwhile)
 *                     ▲                └── refused, unreachable ──► failed ──1, 2, 4 … 10 s──► saving
 *                     └── 409: the newer version is taken, what was typed here stays on top
 *
 * The pending patch also lies in the session storage, so that it survives a reload before it was sent.
 */
import { ApiError, type Schemas } from "../api/client";

export type Draft = Schemas["Draft"];
export type Patch = Schemas["TicketFieldsPatch"];
/** What the form shows: the server's draft, with everything unsent on top in `fields`. */
export type SaveState = {
  at: "saved" | "dirty" | "saving" | "failed";
  reason: string | null;
  /** A failure that the next attempt may mend by itself; otherwise the input has to change. */
  retrying: boolean;
  draft: Draft;
  fields: Draft["fields"];
};
export type Save = (ticketNo: string, body: { version: number; fields: Patch }) => Promise<Draft>;

const TYPING_PAUSE_MS = 600;
const RETRY_MS = [1000, 2000, 4000, 10_000] as const;
const CONFLICT = 409;

const storageKey = (ticketNo: string): string => `draft:${ticketNo}`;

/** `form` is merged key by key, everything else replaced. */
export function merge(below: Patch, above: Patch): Patch {
  const merged = { ...below, ...above };
  return below.form && above.form ? { ...merged, form: { ...below.form, ...above.form } } : merged;
}

function withPatch(fields: Draft["fields"], patch: Patch): Draft["fields"] {
  const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== null && value !== undefined));
  return { ...fields, ...given, form: { ...fields.form, ...patch.form } };
}

function newerDraft(error: unknown): Draft | null {
  if (!(error instanceof ApiError) || error.status !== CONFLICT) return null;
  const { body } = error;
  return typeof body === "object" && body !== null && "newer" in body ? (body.newer as Draft) : null;
}

/** Refusals of what was typed: sending the same again cannot help, the next edit can. */
const isFinal = (error: unknown): boolean =>
  error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== CONFLICT;

export class Autosave {
  private state: SaveState;
  private inFlight: Patch = {};
  private pending: Patch;
  private sending: Promise<void> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private readonly listeners = new Set<() => void>();

  constructor(
    draft: Draft,
    private readonly save: Save,
    private readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem"> = sessionStorage,
  ) {
    this.pending = restore(storage, draft.ticket_no);
    this.state = { at: "saved", reason: null, retrying: false, draft, fields: withPatch(draft.fields, this.pending) };
    if (this.isDirty()) {
      this.state = { ...this.state, at: "dirty" };
      this.schedule(0);
    }
  }

  readonly current = (): SaveState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  edit(patch: Patch): void {
    this.pending = merge(this.pending, patch);
    this.keep();
    this.set({ at: this.state.at === "failed" ? "failed" : this.sending ? "saving" : "dirty" });
    if (!this.sending) this.schedule(TYPING_PAUSE_MS);
  }

  /** A newer draft of the same ticket came from the server; unsent edits stay. */
  take(draft: Draft): void {
    const known = this.state.draft;
    if (draft.ticket_no === known.ticket_no && draft.version >= known.version) this.set({ draft });
  }

  /** Sends what is left; false if the server still does not have it. */
  async flush(): Promise<boolean> {
    clearTimeout(this.timer);
    await this.sending;
    if (this.isDirty()) await this.send();
    return !this.isDirty();
  }

  /** Sends the rest when the form leaves the screen; the session storage keeps what cannot be sent. */
  close(): void {
    this.listeners.clear();
    void this.flush().finally(() => clearTimeout(this.timer));
  }

  private isDirty(): boolean {
    return Object.keys(this.pending).length > 0;
  }

  private schedule(wait: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.send(), wait);
  }

  private send(): Promise<void> {
    this.sending ??= this.attempt().finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  private async attempt(): Promise<void> {
    if (!this.isDirty()) return;
    clearTimeout(this.timer);
    this.inFlight = this.pending;
    this.pending = {};
    this.set({ at: "saving" });
    const { ticket_no, version } = this.state.draft;
    try {
      const draft = await this.save(ticket_no, { version, fields: this.inFlight });
      this.inFlight = {};
      this.failures = 0;
      this.set({ at: this.isDirty() ? "dirty" : "saved", draft, reason: null });
      if (this.isDirty()) this.schedule(TYPING_PAUSE_MS);
    } catch (error) {
      this.pending = merge(this.inFlight, this.pending);
      this.inFlight = {};
      this.failed(error);
    }
    this.keep();
  }

  private failed(error: unknown): void {
    const newer = newerDraft(error);
    if (newer && newer.version > this.state.draft.version) {
      this.set({ at: "dirty", draft: newer });
      this.schedule(0);
      return;
    }
    const retrying = !isFinal(error);
    this.set({ at: "failed", reason: error instanceof ApiError ? error.message : null, retrying });
    if (!retrying) return;
    this.schedule(RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)] ?? 10_000);
    this.failures += 1;
  }

  private keep(): void {
    const key = storageKey(this.state.draft.ticket_no);
    const unsent = merge(this.inFlight, this.pending);
    if (Object.keys(unsent).length > 0) this.storage.setItem(key, JSON.stringify(unsent));
    else this.storage.removeItem(key);
  }

  private set(change: Partial<Omit<SaveState, "fields">>): void {
    const state = { ...this.state, ...change };
    this.state = { ...state, fields: withPatch(state.draft.fields, merge(this.inFlight, this.pending)) };
    for (const listener of this.listeners) listener();
  }
}

function restore(storage: Pick<Storage, "getItem">, ticketNo: string): Patch {
  try {
    const stored: unknown = JSON.parse(storage.getItem(storageKey(ticketNo)) ?? "{}");
    return typeof stored === "object" && stored !== null ? (stored as Patch) : {};
  } catch {
    return {};
  }
}
