/**
 * Who may speak to the server. On loopback every page that a browser on this machine shows could try: a page under a name
 * that was rebound to 127.0.0.1 is told by its Host, one from elsewhere by its Origin. A token keeps everybody else out.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from './refusal.ts';

/** Whom to let in. */
export interface GuardOptions {
  /** The server listens on loopback only. */
  readonly loopback: boolean;
  /** What `Authorization: Bearer …` must say. */
  readonly token: string | undefined;
}

/** Throws `Refusal` unless the request may pass; `open` paths need no token. */
export function checkCaller(headers: IncomingHttpHeaders, { loopback, token }: GuardOptions, open: boolean): void {
  const { host = '', origin, authorization } = headers;
  if (loopback && !isLoopbackHost(host)) {
    throw new Refusal(
      'forbidden',
      'The Host is not this machine: a server on loopback answers localhost, 127.0.0.1 and [::1].',
    );
  }
  if (origin !== undefined && !ownOrigin(origin, host, loopback)) {
    throw new Refusal('forbidden', 'The Origin is another site: pages may call the server from this machine only.');
  }
  if (token === undefined || open) return;
  const given = /^bearer +(.*)$/i.exec(authorization ?? '')?.[1];
  if (given !== undefined && sameText(given, token)) return;
  throw new Refusal('unauthorised', 'Send the header Authorization: Bearer TOKEN, with the token of the server.');
}

/** Whether a host to listen on is loopback. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function isLoopbackHost(host: string): boolean {
  const name = host.replace(/:\d{1,5}$/, '').toLowerCase();
  return isLoopback(name.replace(/^\[(.*)\]$/, '$1'));
}

function ownOrigin(origin: string, host: string, loopback: boolean): boolean {
  const match = /^https?:\/\/([^/]+)$/.exec(origin);
  const from = match?.[1] ?? '';
  return from !== '' && (loopback ? isLoopbackHost(from) : from.toLowerCase() === host.toLowerCase());
}

/** Compares in a time that does not depend on where the texts differ. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
