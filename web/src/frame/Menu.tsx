import { useEffect, useRef, type ReactNode } from 'react'
import { Icon, type IconName } from './Icon'

/** A button that opens a few more. Escape, a choice and a click elsewhere close it. */
export function Menu({ label, icon = 'more', children }: { label: string; icon?: IconName; children: ReactNode }) {
  const details = useRef<HTMLDetailsElement>(null)
  useEffect(() => {
    const close = (event: Event) => {
      const menu = details.current
      if (!menu?.open) return
      const escape = event instanceof KeyboardEvent && event.key === 'Escape'
      const elsewhere = event.type === 'pointerdown' && !menu.contains(event.target as Node)
      if (escape || elsewhere) menu.open = false
      if (escape) menu.querySelector('summary')?.focus()
    }
    addEventListener('pointerdown', close)
    addEventListener('keydown', close)
    return () => {
      removeEventListener('pointerdown', close)
      removeEventListener('keydown', close)
    }
  }, [])
  return (
    <details ref={details} className="menu">
      <summary aria-label={label} title={label}>
        <Icon name={icon} />
      </summary>
      <div className="menu-items" onClick={() => details.current && (details.current.open = false)}>
        {children}
      </div>
    </details>
  )
}

export function MenuItem({ icon, children, onClick, danger }: { icon: IconName; children: ReactNode; onClick: () => void; danger?: boolean }) {
  return (
    <button type="button" className={danger ? 'danger' : undefined} onClick={onClick}>
      <Icon name={icon} size={16} />
      {children}
    </button>
  )
}
