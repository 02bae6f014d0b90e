"""The engine: R replicates of one variant, trained together; the only place that touches a Lightning Trainer."""
