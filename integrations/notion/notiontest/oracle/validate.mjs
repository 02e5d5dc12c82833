// Holds a recording of requests and answers, one JSON object a line, against schemas made of
// the official client's types. Usage: node validate.mjs RECORDING
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Ajv from 'ajv'
import { createGenerator } from 'ts-json-schema-generator'

const here = dirname(fileURLToPath(import.meta.url))
const types = join(here, 'node_modules/@notionhq/client/build/src/api-endpoints/*.d.ts')

// Types and the name of the path parameter of each route: the client's types hold path,
// query and body of a request in one.
const routes = {
  'databases.retrieve': ['GetDatabase', 'database_id'],
  'dataSources.retrieve': ['GetDataSource', 'data_source_id'],
  'dataSources.query': ['QueryDataSource', 'data_source_id'],
  'pages.create': ['CreatePage', ''],
  'pages.retrieve': ['GetPage', 'page_id'],
  'pages.update': ['UpdatePage', 'page_id'],
  'blocks.retrieve': ['GetBlock', 'block_id'],
  'blocks.delete': ['DeleteBlock', 'block_id'],
  'blocks.children.list': ['ListBlockChildren', 'block_id'],
  'blocks.children.append': ['AppendBlockChildren', 'block_id'],
}

const generator = createGenerator({ path: types, skipTypeCheck: true, additionalProperties: false })
const ajv = new Ajv({ strict: false, allErrors: false })
const compiled = new Map()

function check(type, value) {
  if (!compiled.has(type)) compiled.set(type, ajv.compile(generator.createSchema(type)))
  const valid = compiled.get(type)
  // Places and rules alone: errors must not quote what was written.
  return valid(value) ? [] : valid.errors.slice(-3).map(e => `${e.instancePath || '/'} ${e.message}`)
}

// parametersOf puts a request together as the client's method takes it.
function parametersOf(exchange, name) {
  const all = { ...exchange.request }
  if (name) all[name] = exchange.id
  for (const [key, values] of Object.entries(exchange.query ?? {})) {
    if (key === 'filter_properties') all[key] = values
    else if (key === 'page_size') all[key] = Number(values[0])
    else all[key] = values[0]
  }
  return all
}

// Three requests that the schemas must refuse, or they check nothing.
const spoiled = [
  ['CreatePageParameters', { parent: { data_source_id: 'x' }, properties: { ID: { number: '42' } } }],
  ['QueryDataSourceParameters', { data_source_id: 'x', filter: { property: 'ID', number: { is: 42 } } }],
  ['AppendBlockChildrenParameters', { block_id: 'x', children: [{ paragraf: { rich_text: [] } }] }],
]
let faults = 0
for (const [type, value] of spoiled) {
  if (check(type, value).length === 0) {
    faults++
    console.error(`${type} accepts a spoiled request`)
  }
}
if (check('GetPageResponse', { object: 'page', id: 'x', url: 1 }).length === 0) {
  faults++
  console.error('GetPageResponse accepts a spoiled answer')
}

const seen = new Map()
for (const line of readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean)) {
  const exchange = JSON.parse(line)
  const [type, name] = routes[exchange.route]
  const wrong = check(`${type}Parameters`, parametersOf(exchange, name)).map(e => `request ${e}`)
  if (exchange.status === 200) wrong.push(...check(`${type}Response`, exchange.response).map(e => `answer ${e}`))
  for (const e of wrong) {
    faults++
    console.error(`${exchange.route}: ${e}`)
  }
  seen.set(exchange.route, (seen.get(exchange.route) ?? 0) + 1)
}
for (const route of Object.keys(routes)) {
  if (!seen.has(route)) {
    faults++
    console.error(`${route} is not in the recording`)
  }
}
console.log(`checked ${[...seen.values()].reduce((a, b) => a + b, 0)} exchanges of ${seen.size} routes`)
process.exit(faults === 0 ? 0 : 1)
