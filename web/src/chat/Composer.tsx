import { useEffect, useRef, useState, type ReactNode } from 'react'
import type { Part } from '../api/types'
import { Icon } from '../frame/Icon'
import { useAttachments, type Attached } from './attachments'

interface Composing {
  /** Whose draft this is: it stays when its user looks elsewhere. */
  draft: string
  placeholder: string
  busy: boolean
  disabled?: boolean
  send: (parts: Part[], interrupt: boolean) => Promise<void>
  stop?: () => void
  children?: ReactNode
}

// Drafts are no secrets that a cookie could keep; they live as long as the tab.
const kept = (draft: string) => sessionStorage.getItem(`draft ${draft}`) ?? ''
const keep = (draft: string, text: string) => (text ? sessionStorage.setItem(`draft ${draft}`, text) : sessionStorage.removeItem(`draft ${draft}`))

/** Where a message is written. Enter sends it, also while the agent is busy: then it waits in the queue. */
export function Composer({ draft, placeholder, busy, disabled, send, stop, children }: Composing) {
  const [text, setText] = useState(() => kept(draft))
  const [sending, setSending] = useState(false)
  const [over, setOver] = useState(false)
  const attachments = useAttachments()
  const area = useRef<HTMLTextAreaElement>(null)
  const chooser = useRef<HTMLInputElement>(null)

  useEffect(() => {
    // A keyboard that covers half of a phone is only opened by its user.
    if (matchMedia('(hover: hover)').matches) area.current?.focus()
  }, [draft])

  // Files may be dropped anywhere.
  useEffect(() => {
    const carries = (event: DragEvent) => event.dataTransfer?.types.includes('Files')
    const drag = (event: DragEvent) => {
      if (!carries(event)) return
      event.preventDefault()
      setOver(event.type === 'dragover')
      if (event.type === 'drop') attachments.add(event.dataTransfer!.files)
    }
    const left = (event: DragEvent) => event.relatedTarget === null && setOver(false)
    addEventListener('dragover', drag)
    addEventListener('drop', drag)
    addEventListener('dragleave', left)
    return () => {
      removeEventListener('dragover', drag)
      removeEventListener('drop', drag)
      removeEventListener('dragleave', left)
    }
  })

  const ready = attachments.files.every((file) => file.part)
  const empty = text.trim() === '' && attachments.files.length === 0
  const submit = async (interrupt: boolean) => {
    if (empty || !ready || sending || disabled) return
    const parts: Part[] = [...(text.trim() === '' ? [] : [{ text }]), ...attachments.files.map((file) => file.part!)]
    setSending(true)
    setText('')
    keep(draft, '')
    try {
      await send(parts, interrupt)
      attachments.clear()
    } catch {
      // It is told elsewhere; what was written must not be lost.
      setText((now) => now || text)
      keep(draft, text)
    } finally {
      setSending(false)
    }
  }

  return (
    <form
      className={`composer${over ? ' over' : ''}`}
      aria-label="New message"
      onSubmit={(event) => {
        event.preventDefault()
        void submit(false)
      }}
    >
      {over && <p className="drop">Drop files here</p>}
      {attachments.files.length > 0 && (
        <ul className="attached" aria-label="Attached files">
          {attachments.files.map((file) => (
            <li key={file.key} className={file.problem ? 'bad' : undefined}>
              <Icon name="file" size={16} />
              <span>{file.name}</span>
              {file.problem ? <small role="alert">{file.problem}</small> : !file.part && <Sending file={file} />}
              <button type="button" className="quiet" aria-label={`Remove ${file.name}`} onClick={() => attachments.remove(file.key)}>
                <Icon name="close" size={14} />
              </button>
            </li>
          ))}
        </ul>
      )}
      <textarea
        ref={area}
        rows={1}
        aria-label="Message"
        placeholder={placeholder}
        value={text}
        disabled={disabled}
        onChange={(event) => {
          setText(event.target.value)
          keep(draft, event.target.value)
        }}
        onPaste={(event) => {
          if (event.clipboardData.files.length > 0) {
            event.preventDefault()
            attachments.add(event.clipboardData.files)
          }
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault()
            void submit(event.ctrlKey || event.metaKey)
          }
          if (event.key === 'Escape' && busy) stop?.()
        }}
      />
      <div className="composer-row">
        <input ref={chooser} type="file" multiple hidden onChange={(event) => event.target.files && attachments.add(event.target.files)} />
        <button type="button" className="quiet" aria-label="Attach files" title="Attach files" disabled={disabled} onClick={() => chooser.current?.click()}>
          <Icon name="clip" />
        </button>
        {children}
        <span className="grow" />
        {busy && stop && (
          <button type="button" className="round" aria-label="Stop" title="Stop (Escape)" onClick={stop}>
            <Icon name="stop" size={16} />
          </button>
        )}
        <button type="submit" className="round primary" aria-label={busy ? 'Queue' : 'Send'} title={busy ? 'Send when its turn comes (Ctrl+Enter: now)' : 'Send'} disabled={empty || !ready || sending || disabled}>
          <Icon name="send" size={16} />
        </button>
      </div>
    </form>
  )
}

/** How far a file is on its way. */
function Sending({ file }: { file: Attached }) {
  return (
    <>
      <progress value={file.progress} max={1} aria-label={`Sending ${file.name}`} />
      <small role="status">{file.held ? 'waits for the network' : `${Math.floor(file.progress * 100)} %`}</small>
    </>
  )
}
