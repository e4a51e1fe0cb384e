// `npm run catalogue`: writes the price and model catalogue that ships with the program. Needs no network.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { composeCatalogue } from './catalogue/compose.ts'

const target = join(import.meta.dirname, '../src/core/pricing/catalogue.json')
writeFileSync(target, `${JSON.stringify(composeCatalogue(), undefined, 2)}\n`)
