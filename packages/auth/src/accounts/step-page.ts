/** A small page without scripts, for who comes from the link of a mail and has a second factor. */
export const stepPage = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>One more step</title>
<style>body{font:1rem system-ui;max-width:24rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}label,input,button{display:block;width:100%;box-sizing:border-box;margin:.5rem 0;font:inherit;padding:.5rem}</style>
<h1>One more step</h1><form method="post"><label>Code of your app, or a recovery code <input name="code" autocomplete="one-time-code" required autofocus></label><button>Go on</button></form></html>`
