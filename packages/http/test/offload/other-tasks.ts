import { defineTask, type Task } from "../../src/offload/index.ts"

export const upper: Task<string, string> = defineTask(import.meta.url, "upper", (text: string) => text.toUpperCase())
