/** Where to go after signing in: a path of this server, never another site. */
export const localPath = (next: string | null): string => (next && /^\/(?![/\\])/.test(next) ? next : '/');
