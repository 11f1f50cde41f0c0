// One code for one quantity, whichever version of the Smartcar webhook reports it: signals of the same
// code share one register. Changing a row moves a signal to another register: new mapper version.

/** Paths of the version 2 webhooks and the version 4 codes that mean the same. */
const codesOfPaths: ReadonlyMap<string, string> = new Map([
  ['/odometer', 'odometer-traveleddistance'],
  ['/fuel', 'internalcombustionengine-fuellevel'],
  ['/engine/oil', 'internalcombustionengine-oillife'],
  ['/battery', 'tractionbattery-stateofcharge'],
  ['/charge', 'charge-detailedchargingstatus'],
  ['/location', 'location-preciselocation'],
  ['/tires/pressure', 'wheel-tires'],
  ['/vin', 'vehicleidentification-vin'],
  ['/', 'vehicleidentification-attributes'],
])

export function codeOfPath(path: string): string {
  return codesOfPaths.get(path) ?? `path:${path}`
}

const signalName = /^[A-Za-z0-9]+\.[A-Za-z0-9]+$/

/** `Odometer.TraveledDistance` is the long name of `odometer-traveleddistance`; codes stay as sent. */
export function codeOfReference(text: string): string {
  return signalName.test(text) ? text.toLowerCase().replace('.', '-') : text
}
