import { useEffect, useRef, type ReactNode } from 'react'

/** A question in front of everything else; the browser keeps the focus in it. */
export function Dialog({ title, children, onClose }: { title: string; children: ReactNode; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} aria-label={title} onClose={onClose} onClick={(event) => event.target === dialog.current && onClose()}>
      <h2>{title}</h2>
      {children}
    </dialog>
  )
}
