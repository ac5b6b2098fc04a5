// The workloads of expr-bench in two JavaScript implementations of CEL, told in the
// same way: name and nanoseconds, behind the name of the package. Run by run.sh in the
// folder where the packages are.

import {createRequire} from 'node:module'
import {pathToFileURL} from 'node:url'

const require = createRequire(process.cwd() + '/')
const load = name => import(pathToFileURL(require.resolve(name)))
const ms = Number(process.argv[2] ?? 500)

const condition = 'error_rate > 5.0 && window >= duration("5m")'
const path = 'm.a.b.c == "x"'
const loop = 'xs.map(x, x * 2)'

function marcbachmann(cel) {
  const env = new cel.Environment()
    .registerVariable('error_rate', 'double')
    .registerVariable('window', 'google.protobuf.Duration')
    .registerVariable('m', 'map')
    .registerVariable('xs', 'list')
  const window = env.evaluate('duration("10m")')
  const given = {
    error_rate: 7.5,
    window,
    m: {a: {b: {c: 'x'}}},
    xs: Array.from({length: 1000}, (_, i) => BigInt(i)),
  }
  const plan = source => {
    const run = env.parse(source)
    return () => run(given)
  }
  return {
    condition: plan(condition),
    path: plan(path),
    map: plan(loop),
    parse: () => env.parse(condition),
  }
}

function bufbuild(cel) {
  const env = cel.celEnv({
    variables: {
      error_rate: cel.CelScalar.DOUBLE,
      window: cel.DURATION,
      m: cel.mapType(cel.CelScalar.STRING, cel.CelScalar.DYN),
      xs: cel.listType(cel.CelScalar.INT),
    },
  })
  const window = cel.run('duration("10m")')
  const given = {
    error_rate: 7.5,
    window,
    m: new Map([['a', new Map([['b', new Map([['c', 'x']])]])]]),
    xs: Array.from({length: 1000}, (_, i) => BigInt(i)),
  }
  const plan = source => {
    const run = cel.plan(env, cel.parse(source))
    return () => run(given)
  }
  return {
    condition: plan(condition),
    path: plan(path),
    map: plan(loop),
    parse: () => cel.parse(condition),
  }
}

let kept

// The best of five turns, each as many times as take about [ms]; finding out how many
// that is also warms up.
function measure(work) {
  let count = 16
  for (;;) {
    const start = performance.now()
    for (let i = 0; i < count; i++) kept = work()
    if (performance.now() - start >= ms / 2) break
    count *= 2
  }
  let best = Infinity
  for (let turn = 0; turn < 5; turn++) {
    const start = performance.now()
    for (let i = 0; i < count; i++) kept = work()
    best = Math.min(best, (performance.now() - start) * 1e6 / count)
  }
  return best
}

for (const [name, make] of [['@marcbachmann/cel-js', marcbachmann], ['@bufbuild/cel', bufbuild]]) {
  const workloads = make(await load(name))
  if (workloads.condition() !== true || workloads.path() !== true)
    throw new Error(`${name} does not say true`)
  for (const [workload, work] of Object.entries(workloads))
    console.log(`${name} ${workload} ${measure(work).toFixed(1)}`)
}
