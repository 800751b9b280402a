import { useMemo, useSyncExternalStore } from 'react'
import { LiveChat, type View } from './live'

/** One chat, live for as long as the component is there. */
export function useChat(id: string): [LiveChat, View] {
  const chat = useMemo(() => new LiveChat(id), [id])
  return [chat, useSyncExternalStore(chat.subscribe, chat.snapshot)]
}
