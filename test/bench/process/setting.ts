// What loading and processing share.

export const partitions = 6
export const benchKeys = JSON.stringify({
  keys: [{ id: 'bench', key_base64: Buffer.from('0123456789abcdef0123456789abcdef').toString('base64') }],
})
