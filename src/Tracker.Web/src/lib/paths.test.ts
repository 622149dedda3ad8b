import { expect, test } from 'vitest';
import { localPath } from './paths';

test('Only paths of this server are gone to after signing in', () => {
  expect(localPath('/runs/a?x=1#b')).toBe('/runs/a?x=1#b');
  for (const elsewhere of [null, '', 'https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)']) expect(localPath(elsewhere)).toBe('/');
});
