"""Small plants that several tests solve, and paths into their results."""

from __future__ import annotations

NICKEL_CRYSTALLISER = """
hydromet: 1
title: {en: nickel crystalliser, ja: 硫酸ニッケル晶析}
chemistry: [sulfate]
feeds:
  liquor: {composition: {NiSO4: 18 wt%, Na2SO4: 0.3 wt%}, basis: mass, rest: H2O, rate: 3000 kg/h, role: feed}
units:
  crystalliser:
    model: crystallise
    in: {liquor: [liquor, crystalliser.mother_liquor]}
    salt: NiSO4:6H2O(s)
    temperature: 45 degC
    crystal_yield: 50 %
    bleed: 5 %
products: {nickel_sulfate: {stream: crystalliser.crystals, compound: "NiSO4:6H2O(s)"}}
wastes: {bleed: crystalliser.bleed}
by_products: {condensate: crystalliser.condensate}
"""
SODIUM_IN_NICKEL = "products.nickel_sulfate.impurities_ppm.Na"
# Water that holds more sodium than its effluent may.
LIMITED = """hydromet: 1
feeds:
  water: {water: process, rate: 1 t/h}
units:
  tank: {model: mix, in: {feed: water}}
products:
  drain: {stream: tank.out}
effluents:
  out: {stream: tank.out, override: {Na: 1 mg/L}, required: true}
"""
# Lithium carbonate from a sulfate liquor: soda ash in, part of its carbon off as CO2, a footprint's section beside it.
CARBONATION = """
hydromet: 1
title: {en: lithium carbonate, ja: 炭酸リチウム}
chemistry: [sulfate]
feeds:
  liquor: {composition: {Li2SO4: 14 wt%}, basis: mass, rest: H2O, rate: 1000 kg/h, role: feed}
  soda: {reagent: soda_ash}
  acid: {reagent: sulfuric_acid_98}
  carbon: {composition: {C(s): 100 wt%}, basis: mass, role: reagent}
  water: {water: demineralised}
units:
  carbonation: {model: carbonate, in: {liquor: liquor, soda: soda}, temperature: 90 degC, excess: 1.1}
  filter: {model: filter, in: {slurry: carbonation.slurry, wash: water}, moisture: 25 wt%, wash_ratio: 0.5 kg/kg}
  decarbonation: {model: decarbonate, in: {liquor: filter.filtrate, acid: acid}, temperature: 70 degC, pH: 3.5}
  polish: {model: organics_polish, in: {feed: decarbonation.liquor, carbon: carbon}}
products: {lithium_carbonate: {stream: filter.cake, compound: "Li2CO3(s)"}}
wastes: {mother_liquor: polish.liquor, spent_carbon: polish.spent_carbon, oil: polish.organic}
emissions: {gas: decarbonation.gas}
carbon:
  grid: JP-Tokyo-2024
  feeds: {liquor: {preparation: false}}
  transport: {liquor: {distance: 100 km, by: rail}}
"""
