// Binds a server to loopback. Both modes of the simulator listen through here, and nowhere else.
import type { AddressInfo, Server } from 'node:net'

/** Answers the port; rejects with the system's error when it is taken. */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}
