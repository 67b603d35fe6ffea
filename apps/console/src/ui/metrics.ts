import { useSyncExternalStore } from "react"

const phone = matchMedia("(max-width: 639px)")
const coarse = matchMedia("(pointer: coarse)")

function subscribe(listener: () => void): () => void {
  phone.addEventListener("change", listener)
  return () => phone.removeEventListener("change", listener)
}

/** Is this a phone, or a window as narrow as one? */
export function usePhone(): boolean {
  return useSyncExternalStore(subscribe, () => phone.matches)
}

function subscribeRow(listener: () => void): () => void {
  coarse.addEventListener("change", listener)
  const observer = new MutationObserver(listener)
  observer.observe(document.documentElement, { attributeFilter: ["data-density"] })
  return () => {
    coarse.removeEventListener("change", listener)
    observer.disconnect()
  }
}

function rowPx(): number {
  return Number.parseInt(getComputedStyle(document.documentElement).getPropertyValue("--course-row"), 10) || 32
}

/** The height of one row, which follows density and pointer. */
export function useRowPx(): number {
  return useSyncExternalStore(subscribeRow, rowPx)
}
