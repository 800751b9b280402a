import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { Icon } from '../frame/Icon'
import { Call } from './Call'
import { under } from './conversation'
import type { LiveChat, View } from './live'
import { rowsOf } from './rows'
import { Said, type Doing } from './Said'
import { Tail } from './Tail'

/** How far from the end still counts as being there, in pixels. */
const NEAR = 60

/**
 * The messages of a chat; of ten thousand, those on the screen are in the document. Who is at the end stays there while
 * more comes; who reads further up stays where they are, whatever grows above or below.
 */
export function Messages({ chat, view, doing, retry, failed }: { chat: LiveChat; view: View; doing: Doing; retry: () => void; failed: (problem: unknown) => void }) {
  const scroller = useRef<HTMLDivElement>(null)
  const rows = useMemo(() => rowsOf(view.conversation), [view.conversation])
  const [away, setAway] = useState(false)
  // The same one for the same rows: another one makes the list measure all of them anew.
  const keyOf = useCallback((index: number) => rows[index]!.key, [rows])
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 110,
    getItemKey: keyOf,
    overscan: 6,
    paddingStart: 24,
    paddingEnd: 24,
    anchorTo: 'end',
    scrollEndThreshold: 1,
  })

  // Who is at the end stays there, whatever grows or shrinks: the text, the queue below, the window.
  const atEnd = useRef(true)
  const stay = () => {
    const box = scroller.current
    if (box && atEnd.current) box.scrollTop = box.scrollHeight
  }
  useLayoutEffect(stay)

  useEffect(() => {
    const box = scroller.current!
    let before = box.scrollTop
    const moved = () => {
      const left = box.scrollHeight - box.scrollTop - box.clientHeight
      // Only a reader moves up, and the least of it counts: who has just begun must not be pulled back by the next word.
      if (left < 2) atEnd.current = true
      else if (box.scrollTop < before) atEnd.current = false
      else if (left < NEAR && box.scrollTop > before) atEnd.current = true
      before = box.scrollTop
      setAway(!atEnd.current && left > NEAR * 2)
      if (box.scrollTop < 600) void chat.loadOlder()
    }
    const sizes = new ResizeObserver(stay)
    sizes.observe(box)
    sizes.observe(box.lastElementChild!)
    // Before the list hears of it, draws anew, and by that goes to the end.
    box.addEventListener('scroll', moved, { passive: true, capture: true })
    moved()
    return () => {
      sizes.disconnect()
      box.removeEventListener('scroll', moved, { capture: true })
    }
  }, [chat, view.conversation.previous])

  return (
    <div className="messages-frame">
      <div ref={scroller} className="messages" tabIndex={0} role="log" aria-label="Messages" aria-live="off">
        {view.loadingOlder && <p className="older muted">Older messages…</p>}
        <div className="tall" style={{ height: list.getTotalSize() }}>
          {list.getVirtualItems().map((place) => {
            const row = rows[place.index]!
            return (
              <div key={place.key} ref={list.measureElement} data-index={place.index} className="row" style={{ transform: `translateY(${place.start}px)` }}>
                <div className="column">
                  {row.row === 'said' && <Said item={row.item} busy={under(row.task)} doing={doing} />}
                  {row.row === 'call' && <Call item={row.item} results={row.results} over={!under(row.task)} />}
                  {row.row === 'tail' && <Tail chat={chat.id} task={row.task} last={row.last} retry={retry} failed={failed} />}
                </div>
              </div>
            )
          })}
        </div>
      </div>
      {away && (
        <button type="button" className="to-end" aria-label="To the newest message" onClick={() => { atEnd.current = true; stay() }}>
          <Icon name="down" />
        </button>
      )}
    </div>
  )
}
