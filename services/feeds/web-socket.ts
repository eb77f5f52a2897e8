// The one way in which a feed listens to a WebSocket (RFC 6455). The client itself lives in platform/net.

/** What happens on one connection, in order: `open` at most once, messages after it, `end` exactly once and last. */
export interface SocketEvents {
  readonly open: () => void;
  /** One whole text message. Binary ones are not given. */
  readonly message: (text: string) => void;
  /** Why the connection is over, in words. */
  readonly end: (reason: string) => void;
}

export interface OpenSocket {
  /** Sends a ping frame, which some servers want to see; does nothing while the connection is not open. */
  readonly ping: () => void;
  /** Begins to close; `end` follows. Any number of times. */
  readonly close: () => void;
}

/** Connects to a ws: or wss: URL. Failures come as `end`, never as an exception. */
export type SocketOpener = (url: string, events: SocketEvents) => OpenSocket;
