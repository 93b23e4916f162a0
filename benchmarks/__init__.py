"""What is measured; nothing here is asserted, as timings belong to the machine they were taken on."""
