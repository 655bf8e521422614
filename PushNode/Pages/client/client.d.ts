/** The types of client.js. How to use it: docs/browser.md. */

/** A message, as it came over the wire. */
export interface Message<T = any> {
  id: string;
  /** `user:<id>`, `topic:<name>` or `all`. */
  channel: string;
  /** Its number in its channel; an ephemeral message has none. */
  seq?: number;
  /** When the node took it, as ISO 8601. */
  time: string;
  /** The producer's label. */
  event?: string;
  data: T;
  /** The topic, if it is one's. */
  topic?: string;
}

export type State = 'connecting' | 'live' | 'offline' | 'refused' | 'closed';

export interface StateEvent {
  state: State;
  /** Why it is not live, for people. */
  reason?: string;
  /** The close code (docs/client-protocol.md), 0 when there was none; `backlog` when the handlers are too slow. */
  code?: number | 'backlog';
  /** When offline: the wait before the next try, in milliseconds. */
  retryInMs?: number;
  /** When live. */
  transport?: Transport;
}

export interface ErrorEvent {
  /** A code of the server's, `handler` (one of yours has failed) or `token` (your function gave none). */
  code: string;
  message: string;
  error: unknown;
}

export interface ResetEvent {
  /** The channel whose messages are counted anew: what is kept of it comes again. */
  channel: string;
  epoch: string;
}

export type Transport = 'websocket' | 'sse';
export type Unsubscribe = () => void;

export interface Options {
  /** The user's token, or better a function that fetches one: called for every connection, and before a JWT expires. When it throws or gives none (not a string, or an error page), it is called again later. */
  token: string | (() => string | null | Promise<string | null>);
  /** The installation's name. In a browser by default an id that is made once and kept in the storage, or for each page where there is none; in Node `default` where there is no storage. */
  device?: string;
  /** Topics to subscribe to from the beginning. */
  topics?: string[];
  /** `auto` (default): a message counts as handled when its handlers were called; `manual`: when the promises they returned have resolved, one message after the other. */
  ack?: 'auto' | 'manual';
  /** Where the position is kept; `localStorage` by default where there is one, `null` for nowhere. */
  storage?: { getItem(key: string): string | null; setItem(key: string, value: string): void } | null;
  /** The constructor to use where there is no global one. */
  WebSocket?: new (url: string, protocols: string[]) => any;
  /** `auto` (default): a WebSocket, and server-sent events where that is blocked. */
  transport?: 'auto' | Transport;
  /** For tests: other times than the usual ones, in milliseconds. */
  timing?: Record<string, number>;
}

export class PushNode {
  /** Connects by itself, as soon as the code that made it has run: register handlers right away. */
  constructor(url: string, options: Options);
  readonly state: State;
  /** The user the token is for, once the server has said so. */
  readonly user: string | null;
  readonly device: string;
  readonly transport: Transport | null;
  readonly topics: string[];

  /** Every message; a topic's; those with a label; broadcasts; the user's own. Returns what takes the handler off. */
  on<T = any>(name: 'message' | `topic:${string}` | `event:${string}` | 'all' | 'user', handler: (message: Message<T>) => unknown): Unsubscribe;
  on(name: 'state', handler: (event: StateEvent) => unknown): Unsubscribe;
  on(name: 'error', handler: (event: ErrorEvent) => unknown): Unsubscribe;
  on(name: 'reset', handler: (event: ResetEvent) => unknown): Unsubscribe;

  /** Kept over reconnects. Resolves when the server has confirmed (of several calls for a topic the last one); rejects with an error whose `code` is the server's, or `refused` or `closed`. */
  subscribe(topic: string): Promise<void>;
  unsubscribe(topic: string): Promise<void>;

  /** Tries again: after `refused` and `closed`, and at once when offline. */
  connect(): void;
  /** Sends what is to be acknowledged, closes and stops everything. */
  close(): void;
}
