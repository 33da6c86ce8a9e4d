/** The name under which clients find the control of calls; it leads to the web proxy. */
export const controlName = (domain: string): string => `rtc.${domain}`
/** A node's own name, for whoever looks at it directly; media need none. */
export const nodeName = (host: string, domain: string): string => `${host}.${domain}`
/** The key with which tokens for calls and messages about them are signed. */
export const API_KEY = { name: 'calls', secret: 'livekit_api_secret' } as const
/** The route for messages of a node to the service that hands out tokens. */
export const WEBHOOK_ROUTE = 'livekit_webhook'
/** The route for what a service asks of the nodes. */
export const API_ROUTE = 'livekit_api'
/** The port of the web proxy at which clients begin calls. */
export const WEB_LISTENER = 'https'
