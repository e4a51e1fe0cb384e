// The corpus of addresses that an account's endpoint must never reach, in every way of writing them.
import { describe, expect, test } from 'vitest'
import { createEgressGuard } from './egress-guard.ts'

const guard = createEgressGuard({ allowLoopback: false })
const demoGuard = createEgressGuard({ allowLoopback: true })

const forbiddenHosts = [
  // loopback and unspecified, in every form that the WHATWG parser knows
  '127.0.0.1',
  '127.0.0.2',
  '127.255.255.254',
  '127.1',
  '127.0.1',
  '2130706433',
  '0x7f000001',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '017700000001',
  '0x7f.1',
  '127.0.0.1.',
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '%31%32%37.0.0.1',
  '0',
  '0.0.0.0',
  '0x0',
  '00',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'sub.localhost',
  'a.b.LocalHost.',
  // private, link-local, carrier-grade, metadata
  '10.0.0.1',
  '10.255.255.255',
  '0xa.0.0.1',
  '167772161',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '192.168.255.255',
  '3232235521',
  '0xc0a80001',
  '0300.0250.0.1',
  '169.254.169.254',
  '169.254.0.1',
  '2852039166',
  '0xa9fea9fe',
  '0251.0376.0251.0376',
  '100.64.0.1',
  '100.127.255.255',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '192.0.0.1',
  // documentation, benchmarking, multicast, reserved, broadcast
  '192.0.2.1',
  '198.51.100.1',
  '203.0.113.1',
  '198.18.0.1',
  '198.19.255.255',
  '192.88.99.1',
  '192.31.196.1',
  '192.52.193.1',
  '192.175.48.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '0.1.2.3',
  // IPv6
  '[::1]',
  '[::]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:10.0.0.1]',
  '[::ffff:a9fe:a9fe]',
  '[::ffff:8.8.8.8]',
  '[::127.0.0.1]',
  '[::ffff:0:127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b::10.0.0.1]',
  '[64:ff9b:1::1]',
  '[2002:7f00:1::]',
  '[2002:a00:1::1]',
  '[2002:c0a8:101::1]',
  '[2001::1]',
  '[2001:0:4136:e378:8000:63bf:3fff:fdd2]',
  '[2001:10::1]',
  '[2001:db8::1]',
  '[3fff::1]',
  '[2620:4f:8000::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[fd12:3456::1]',
  '[fe80::1]',
  '[febf::1]',
  '[fec0::1]',
  '[ff02::1]',
  '[ff0e::1]',
  '[100::1]',
  '[5f00::1]',
  '[4000::1]',
  '[::ffff:0:0]',
]

const forbiddenUrls = [
  'http://api.example.com',
  'http://8.8.8.8',
  'http://[2606:4700::1111]',
  'ftp://api.example.com',
  'file:///etc/passwd',
  'gopher://api.example.com',
  'data:text/plain,x',
  'javascript:alert(1)',
  'ws://api.example.com',
  'unix:/run/docker.sock',
  'https://user@api.example.com',
  'https://user:pass@api.example.com',
  'https://api.example.com@127.0.0.1',
  'https://127.0.0.1:443@api.example.com',
  'https://',
  'https:///',
  '//api.example.com',
  'api.example.com',
  '',
  ' ',
  'https://256.1.1.1',
  'https://1.2.3.4.5',
  'https://[::1',
  'https://a b',
  'https:\\\\127.0.0.1',
  'https:127.0.0.1',
  'https:/127.0.0.1',
  'https://\t127.0.0.1',
  'https://127.0.0.1\\@api.example.com',
  'https://0x7f000001#@api.example.com',
]

const allowedUrls = [
  'https://api.example.com',
  'https://api.example.com:8443/base',
  'https://8.8.8.8',
  'https://[2606:4700::1111]',
  'https://1.1.1.1:1',
  'https://172.15.255.255',
  'https://172.32.0.1',
  'https://100.63.255.255',
  'https://100.128.0.1',
  'https://169.253.1.1',
  'https://192.169.0.1',
  'https://11.0.0.1',
  'https://223.255.255.255',
  'https://168.63.129.17',
  'https://notlocalhost',
  'https://localhost.example.com',
  'HTTPS://API.EXAMPLE.COM',
]

describe('without loopback', () => {
  test.each(forbiddenHosts)('https://%s is refused', (host) => {
    expect(guard.decideUrl(`https://${host}/v1`).allowed).toBe(false)
    expect(guard.decideUrl(`http://${host}:8080/`).allowed).toBe(false)
  })

  test.each(forbiddenUrls)('%j is refused', (url) => expect(guard.decideUrl(url).allowed).toBe(false))
  test.each(allowedUrls)('%s is allowed', (url) => expect(guard.decideUrl(url)).toEqual({ allowed: true }))

  test('the corpus is as large as it claims', () => {
    expect(new Set([...forbiddenHosts, ...forbiddenUrls]).size).toBeGreaterThanOrEqual(120)
  })
})

describe('with loopback, for the demo and tests', () => {
  const loopback = ['127.0.0.1', '127.0.0.2', '2130706433', '[::1]', 'localhost', 'sub.localhost']
  test.each(loopback)('%s is allowed over http and https', (host) => {
    expect(demoGuard.decideUrl(`http://${host}:9000/x`)).toEqual({ allowed: true })
    expect(demoGuard.decideUrl(`https://${host}`)).toEqual({ allowed: true })
  })

  test('nothing else opens with it', () => {
    const local = new Set(forbiddenHosts.filter((host) => guardHost(host)))
    const others = forbiddenHosts.filter((host) => !local.has(host))
    expect(others.filter((host) => demoGuard.decideUrl(`https://${host}`).allowed)).toEqual([])
    expect(local.size).toBeLessThan(forbiddenHosts.length / 2)
    for (const url of [
      'http://api.example.com',
      'http://10.0.0.1',
      'http://169.254.169.254',
      'http://user@127.0.0.1',
      'file:///x',
    ]) {
      expect(demoGuard.decideUrl(url).allowed).toBe(false)
    }
  })
})

/** What the parser makes of the host is this machine. */
function guardHost(host: string): boolean {
  const name = URL.parse(`https://${host}`)?.hostname ?? ''
  return name.startsWith('127.') || name === '[::1]' || /(^|\.)localhost\.?$/.test(name)
}

describe('resolved addresses', () => {
  const forbidden = [
    '127.0.0.1',
    '::1',
    '::',
    '0.0.0.0',
    '10.1.2.3',
    '::ffff:10.0.0.1',
    '::ffff:8.8.8.8',
    'fe80::1',
    'fe80::1%eth0',
    '2606:4700::1111%eth0',
    'not an address',
    '',
  ]
  test.each(forbidden)('%j is refused', (address) => expect(guard.decideAddress(address, 'https:').allowed).toBe(false))

  test('public ones are allowed over https only', () => {
    for (const address of ['8.8.8.8', '2606:4700::1111']) {
      expect(guard.decideAddress(address, 'https:')).toEqual({ allowed: true })
      expect(guard.decideAddress(address, 'http:')).toMatchObject({ reason: 'scheme-forbidden' })
      expect(demoGuard.decideAddress(address, 'http:')).toMatchObject({ reason: 'scheme-forbidden' })
    }
  })
})

test('a refusal never repeats credentials', () => {
  expect(JSON.stringify(guard.decideUrl('https://user:canary@api.example.com'))).not.toContain('canary')
})
