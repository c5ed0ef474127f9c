/** HTTP to `/api/v1`, typed by the server's own description (`npm run api` writes `schema.d.ts`). */
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** A refusal with the server's words for the person at the screen. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly errorId: string,
    message: string,
    readonly body: unknown = null,
  ) {
    super(message);
  }
}

const UNREACHABLE = "连接不上服务器，请检查网络后重试";
const NO_WORDS = "服务器没有完成这次操作，请稍后重试";

async function send(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch {
    throw new ApiError(0, "unreachable", UNREACHABLE);
  }
}

export const api = createClient<paths>({ credentials: "same-origin", fetch: send });

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The data of an answer; throws `ApiError` for everything but a success. */
export async function ok<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (data !== undefined) return data;
  throw refusal(response.status, error);
}

export function refusal(status: number, body: unknown): ApiError {
  const shape = typeof body === "object" && body !== null ? body : {};
  const message = "message" in shape && typeof shape.message === "string" ? shape.message : NO_WORDS;
  const errorId = "error_id" in shape && typeof shape.error_id === "string" ? shape.error_id : "unknown";
  return new ApiError(status, errorId, message, body);
}

export function messageOf(error: unknown): string {
  return error instanceof ApiError ? error.message : NO_WORDS;
}
