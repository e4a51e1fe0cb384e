// `npm run docs`: writes the documents that are made from tables of the program.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderProtocols } from './documents/protocols.ts'

writeFileSync(join(import.meta.dirname, '../../docs/protocols.md'), renderProtocols())
