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
