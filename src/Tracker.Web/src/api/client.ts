interface Problem {
  title?: string;
  detail?: string;
  field?: string;
  limit?: unknown;
  /** The character of a filter or an order that cannot be read, from 0. */
  position?: number;
  expected?: string;
}

/** A failure in words: what happened and, where the server said it, why. */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(status: number, message: string, problem: Problem = {}) {
    super(message);
    this.status = status;
    this.problem = problem;
  }
}

const base = '/api/v1';

/** One call of the REST API. Failures are ApiErrors whose message can be shown as it is. */
export async function call<T>(path: string, init?: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(base + path, { ...init, headers: { Accept: 'application/json', ...init?.headers } });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'The server cannot be reached.');
  }
  if (!response.ok) {
    const problem = (await response.json().catch(() => ({}))) as Problem;
    if (response.status === 401 && !isSigningIn(path)) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`);
    throw new ApiError(response.status, problem.detail ?? problem.title ?? `The server answered ${response.status}.`, problem);
  }
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** What a page may ask without having signed in; there a 401 is an answer. */
const isSigningIn = (path: string): boolean => path.startsWith('/session') || path.startsWith('/invitations/') || /^\/(login|invite)\b/.test(location.pathname);

export const post = <T>(path: string, body: unknown = {}): Promise<T> =>
  call<T>(path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });

/** A query string; what is undefined is left out, a list repeats its name. */
export function query(values: Record<string, string | number | readonly string[] | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    for (const item of Array.isArray(value) ? value : [value]) search.append(name, String(item));
  }
  const text = search.toString();
  return text ? `?${text}` : '';
}

export const segment = encodeURIComponent;
