// Paces all streams of fast mode with one timer. The wheel has a few slots per interval, and a stream gets one write
// per turn of the wheel in the slot it joined, so that a load of many streams is even instead of one burst per
// interval.

/** Fine enough to spread the load, coarse enough that the ticks themselves cost nothing. */
const SLOT_MS_MIN = 5

export interface WheelStream {
  /** Writes the next piece; answers false after the last one. */
  advance(): boolean
}

export interface StreamWheel {
  join(stream: WheelStream): void
  leave(stream: WheelStream): void
  stop(): void
}

export function createStreamWheel(intervalMs: number): StreamWheel {
  const slotCount = Math.max(1, Math.floor(intervalMs / SLOT_MS_MIN))
  const slots = Array.from({ length: slotCount }, () => new Set<WheelStream>())
  const slotOf = new Map<WheelStream, Set<WheelStream>>()
  let timer: NodeJS.Timeout | null = null
  let turn = 0

  function leave(stream: WheelStream): void {
    slotOf.get(stream)?.delete(stream)
    slotOf.delete(stream)
    if (slotOf.size === 0) stop()
  }

  function stop(): void {
    if (timer !== null) clearInterval(timer)
    timer = null
  }

  function tick(): void {
    turn = (turn + 1) % slotCount
    for (const stream of slots[turn] ?? []) if (!stream.advance()) leave(stream)
  }

  return {
    join(stream) {
      const slot = slots[turn] ?? new Set()
      slot.add(stream)
      slotOf.set(stream, slot)
      timer ??= setInterval(tick, intervalMs / slotCount)
    },
    leave,
    stop,
  }
}
