import { OptionInvalid } from "./errors.ts"

const MAX_ROOM_LENGTH = 256

/** @throws {WEBSOCKET_OPTION_INVALID} when it is empty, too long, or holds control characters. */
export function checkRoomName(room: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (room.length > 0 && room.length <= MAX_ROOM_LENGTH && !/[\u0000-\u001f]/.test(room)) return
  const got = JSON.stringify(room.slice(0, 40))
  throw new OptionInvalid(`Expected a room of 1 to ${MAX_ROOM_LENGTH} characters, none of them a control, got ${got}`)
}
