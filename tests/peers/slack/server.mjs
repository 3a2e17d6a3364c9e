// The Slack of npm's `emulate` on a free port, and before it a small front door; prints the door's address.
//
//   node server.mjs '<the emulator's own settings of its Slack, as JSON>'
//
// It ends when its standard input is closed, so it never outlives the tests that started it.

import { createServer } from 'node:http'
import { createEmulator, defineEmulator } from 'emulate'

const slack = JSON.parse(process.argv[2])

// createEmulator gives no way to subscribe to its events. So we note the dispatcher that its Slack sets up,
// by way of the class that a custom emulator is handed. Pinned to one version, so it cannot move.
let events
const { prototype } = await dispatcherClass()
const { setHeaderFactory } = prototype
prototype.setHeaderFactory = function (factory) {
  events = this
  return setHeaderFactory.call(this, factory)
}
const emulator = await createEmulator({ service: 'slack', port: 0, seed: { tokens: {}, slack } })
prototype.setHeaderFactory = setHeaderFactory

async function dispatcherClass() {
  let found
  const setup = ({ webhooks }) => { found = webhooks.constructor }
  const custom = defineEmulator({ name: 'probe', state: () => ({}), setup })
  await (await createEmulator({ service: custom, listen: false })).close()
  return found
}

const scopes = new Map(slack.tokens.map(({ token, scopes = [] }) => [`Bearer ${token}`, scopes.join(',')]))

const door = createServer((request, response) => {
  answer(request).then(
    ({ status, headers, body }) => response.writeHead(status, headers).end(body),
    (error) => response.writeHead(502).end(String(error)),
  )
})

async function answer(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  const url = new URL(request.url, 'http://door')
  switch (url.pathname) {
    case '/door/begin': // anew, with this address for events
      emulator.reset()
      events.register({ url: body.toString(), events: ['message'], active: true, owner: 'slack' })
      return { status: 204 }
    case '/door/events': // what was sent there, and what it answered
      return { status: 200, body: JSON.stringify(events.getDeliveries()) }
    default:
      return passOn(request, url, body)
  }
}

async function passOn({ method, headers }, { pathname, search }, body) {
  const { authorization, 'content-type': type } = headers
  const sent = { method, headers: {}, body: body.length ? body : undefined }
  if (authorization) sent.headers.authorization = authorization
  if (type) sent.headers['content-type'] = type
  let query = search
  if (pathname.startsWith('/api/')) {
    sent.method = 'POST' // slack_sdk also sends GET; the emulator reads arguments in POST bodies only
    if (search && !body.length) {
      sent.headers['content-type'] = 'application/x-www-form-urlencoded'
      sent.body = search.slice(1)
      query = ''
    }
  }
  const got = await fetch(emulator.url + pathname + query, sent)
  const told = { 'content-type': got.headers.get('content-type') ?? 'text/plain' }
  // The emulator names no scopes; Slack does, in every answer to a token. We read them once, at start.
  if (scopes.has(authorization)) told['x-oauth-scopes'] = scopes.get(authorization)
  return { status: got.status, headers: told, body: Buffer.from(await got.arrayBuffer()) }
}

door.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${door.address().port}`))
process.stdin.on('end', () => process.exit(0)).resume()
