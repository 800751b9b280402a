/** What GET /api/v1/inside tells. Counts are since the server's start. */
export interface Inside {
  store: string
  process: { uptimeMs: number; heapBytes: number; maxHeapBytes: number; processors: number; threads: number }
  turns: { running: number; recovered: number; ended: Record<string, number> }
  streams?: { journals: number; connections: number }
  /** The servers that share the store and are alive. */
  servers?: { id: string; here: boolean; running: number; leaseMs?: number }[]
  /** Whether the queues are everybody's, and not only one's own. */
  operator?: boolean
  queues?: { owner: string; agent: string; queued?: number; running?: number; asking?: number; askingForLogin?: number }[]
  pushes?: { open: number; failing: number; dead: number }
  errors: Trouble[]
  stages: StageCount[]
  files?: { streams: number; bufferBytes: number; cacheMemoryBytes: number; cacheDiskBytes: number; servedBytes: number; fetchedBytes: number }
}

/** Something that went wrong, without what was said. */
export interface Trouble {
  at: string
  level: 'warn' | 'error'
  where: string
  what?: string
  kind?: string
  times: number
}

export interface StageCount {
  stage: string
  count: number
  totalMicros: number
  buckets: { upToMicros: number; count: number }[]
}

export interface StageTime {
  stage: string
  count: number
  mean: number
  p50: number
  p95: number
  p99: number
}

/** What was counted between two looks; all since the start, if there was nothing in between. */
export function between(before: StageCount | undefined, now: StageCount): StageCount {
  const count = now.count - (before?.count ?? 0)
  if (!before || count <= 0) return now
  return {
    stage: now.stage,
    count,
    totalMicros: now.totalMicros - before.totalMicros,
    buckets: now.buckets.map((bucket, i) => ({ ...bucket, count: bucket.count - (before.buckets[i]?.count ?? 0) })),
  }
}

export function timeOf(stage: StageCount): StageTime {
  return {
    stage: stage.stage,
    count: stage.count,
    mean: stage.count === 0 ? 0 : stage.totalMicros / stage.count,
    p50: quantile(stage, 0.5),
    p95: quantile(stage, 0.95),
    p99: quantile(stage, 0.99),
  }
}

/** As Prometheus' histogram_quantile: straight lines within the buckets. Above the last bucket it is that bucket's end. */
export function quantile(stage: StageCount, share: number): number {
  const rank = share * stage.count
  let below = 0
  let from = 0
  for (const bucket of stage.buckets) {
    if (bucket.count >= rank && bucket.count > below) {
      return from + (bucket.upToMicros - from) * ((rank - below) / (bucket.count - below))
    }
    below = bucket.count
    from = bucket.upToMicros
  }
  return stage.count === 0 ? 0 : from
}

export function micros(value: number): string {
  if (value < 1000) return `${Math.round(value)} µs`
  if (value < 1_000_000) return `${(value / 1000).toFixed(value < 10_000 ? 1 : 0)} ms`
  return `${(value / 1_000_000).toFixed(1)} s`
}

export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}
